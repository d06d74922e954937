// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "modgate/decision.h"

namespace modgate {

/// A point in time of a policy. A date or a time without an offset is the machine's local time.
struct Moment {
  std::int64_t seconds = 0;  ///< since the epoch; local: civil time as if it were UTC
  bool local = true;
  std::string text;  ///< as written

  /// Whether it has come.
  [[nodiscard]] bool is_past(const Circumstances& now) const noexcept {
    return (local ? now.local_seconds : now.now) >= seconds;
  }
};

}  // namespace modgate
