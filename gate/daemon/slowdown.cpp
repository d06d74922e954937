// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/slowdown.h"

#include <algorithm>

namespace modgate {

void Slowdown::strike(uid_t uid, Deadline now) {
  std::erase_if(strikes_,
                [&](const auto& entry) { return entry.second.last + terms_.memory < now; });
  if (strikes_.size() >= kMostUids && !strikes_.contains(uid)) return;
  Strikes& strikes = strikes_[uid];
  strikes.count = std::min<std::uint32_t>(strikes.count + 1, 1U << 16U);
  strikes.last = now;
}

Deadline Slowdown::not_before(uid_t uid, Deadline now) const {
  const auto found = strikes_.find(uid);
  if (found == strikes_.end() || found->second.last + terms_.memory < now) return now;
  const std::uint32_t count = found->second.count;
  if (count < terms_.free || count == 0) return now;
  const std::uint32_t doublings = std::min<std::uint32_t>(count - std::max(terms_.free, 1U), 16);
  const auto delay = std::min<std::chrono::seconds>(terms_.first * (1U << doublings), terms_.most);
  return found->second.last + delay;
}

}  // namespace modgate
