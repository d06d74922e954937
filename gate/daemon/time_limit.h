// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <chrono>

namespace modgate {

/// While it lives, this process is killed (SIGALRM) once the time is over, and whoever waits for it
/// sees that it is gone. For what takes no deadline and may not return: a directory service that
/// NSS asks, libkmod on a damaged index. One at a time; needs the signal's default action.
class [[nodiscard]] TimeLimit {
 public:
  explicit TimeLimit(std::chrono::seconds longest) {
    static_cast<void>(::alarm(static_cast<unsigned>(longest.count())));  // cannot fail
  }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() { static_cast<void>(::alarm(0)); }
};

}  // namespace modgate
