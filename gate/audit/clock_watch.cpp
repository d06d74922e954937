// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/clock_watch.h"

#include <time.h>

namespace modgate {
namespace {

constexpr std::int64_t kHeldUp = 50'000'000;

std::int64_t nanoseconds(clockid_t clock) noexcept {
  timespec now = {};
  if (::clock_gettime(clock, &now) != 0) return -1;
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::optional<ClockReading> read_clocks() noexcept {
  const std::int64_t before = nanoseconds(CLOCK_BOOTTIME);
  const std::int64_t real = nanoseconds(CLOCK_REALTIME);
  const std::int64_t after = nanoseconds(CLOCK_BOOTTIME);
  if (before < 0 || real < 0 || after < before || after - before > kHeldUp) return std::nullopt;
  return ClockReading{real, before};
}

std::optional<ClockStep> ClockWatch::step_to(const ClockReading& now) const noexcept {
  const std::int64_t expected =
      taken_ ? taken_->real_ns + (now.boot_ns - taken_->boot_ns) : last_ns_;
  if (expected - now.real_ns < kSmallest) return std::nullopt;
  return ClockStep{expected, now.real_ns};
}

}  // namespace modgate
