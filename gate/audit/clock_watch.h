// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace modgate {

/// CLOCK_REALTIME and CLOCK_BOOTTIME of one moment, in nanoseconds.
struct ClockReading {
  std::int64_t real_ns = 0;
  std::int64_t boot_ns = 0;
};

/// nullopt where the process was held up between the two, so that they do not belong together.
std::optional<ClockReading> read_clocks() noexcept;

struct ClockStep {
  std::int64_t from_ns = 0;  ///< what the time of day would be now
  std::int64_t to_ns = 0;    ///< and what it is
};

/// Notices when the time of day is set back, by what the clock does that nobody sets. Slewing
/// (adjtime(3)) is none: it moves both.
class ClockWatch {
 public:
  /// Smaller steps are below what times in records are read for.
  static constexpr std::int64_t kSmallest = 500'000'000;

  /// `last_ns`: time of the last record of an earlier run, 0 where there is none.
  explicit ClockWatch(std::int64_t last_ns = 0) : last_ns_(last_ns) {}

  /// The step back that lies between what was taken last and `now`.
  [[nodiscard]] std::optional<ClockStep> step_to(const ClockReading& now) const noexcept;

  void take(const ClockReading& now) noexcept { taken_ = now; }

 private:
  std::int64_t last_ns_ = 0;
  std::optional<ClockReading> taken_;
};

}  // namespace modgate
