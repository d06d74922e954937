// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "gate/wire/channel.h"

namespace modgate {

/// What slows down whoever guesses passwords or makes children of the helper crash. One book for
/// each; a delay belongs to a uid, so nobody can slow down anybody else.
class Slowdown {
 public:
  /// `free` strikes cost nothing; the next costs `first`, every further one twice as much, at most
  /// `most`. Strikes are forgotten after `memory` without a new one.
  struct Terms {
    std::uint32_t free;
    std::chrono::seconds first;
    std::chrono::seconds most;
    std::chrono::seconds memory;
  };
  static constexpr std::size_t kMostUids = 65536;

  explicit Slowdown(Terms terms) : terms_(terms) {}

  /// Counts one strike.
  void strike(uid_t uid, Deadline now);

  /// Takes all strikes of the uid back.
  void forgive(uid_t uid) noexcept { strikes_.erase(uid); }

  /// When this uid may go on; in the past where nothing holds it.
  [[nodiscard]] Deadline not_before(uid_t uid, Deadline now) const;

 private:
  struct Strikes {
    std::uint32_t count = 0;
    Deadline last;
  };
  Terms terms_;
  std::map<uid_t, Strikes> strikes_;
};

/// Three wrong passwords are free, as many as one request may give.
inline constexpr Slowdown::Terms kPasswordTerms = {
    3, std::chrono::seconds(1), std::chrono::seconds(60), std::chrono::seconds(900)};
/// A child that dies by a signal delays its caller's next connection.
inline constexpr Slowdown::Terms kCrashTerms = {
    0, std::chrono::seconds(1), std::chrono::seconds(60), std::chrono::seconds(600)};

}  // namespace modgate
