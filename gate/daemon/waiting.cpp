// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/waiting.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace modgate {

Result<int> wait_for_any(const std::vector<int>& descriptors, Deadline deadline) {
  std::vector<pollfd> ready;
  ready.reserve(descriptors.size());
  for (const int descriptor : descriptors) ready.push_back({descriptor, POLLIN, 0});
  while (true) {
    const auto left = std::max(deadline - BootClock::now(), BootClock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time = {seconds.count(), (left - seconds).count()};
    const int count = ::ppoll(ready.data(), ready.size(), &time, nullptr);
    if (count == 0) return -1;
    if (count > 0) break;
    if (errno != EINTR) {
      return Error{Outcome::unavailable, std::string("poll: ") + std::strerror(errno), errno};
    }
  }
  for (std::size_t at = 0; at < ready.size(); ++at) {
    if (ready[at].revents != 0) return static_cast<int>(at);
  }
  return -1;
}

}  // namespace modgate
