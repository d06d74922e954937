// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/clock_watch.h"

#include "catch.h"

using namespace modgate;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::optional<ClockStep> between(const ClockReading& before, const ClockReading& now) {
  ClockWatch watch;
  watch.take(before);
  return watch.step_to(now);
}

}  // namespace

TEST_CASE("a clock that runs, or is set forward, is no step back") {
  const ClockReading before{1000 * kSecond, 10 * kSecond};
  CHECK_FALSE(between(before, {1001 * kSecond, 11 * kSecond}));
  CHECK_FALSE(between(before, {9000 * kSecond, 11 * kSecond}));
  CHECK_FALSE(between(before, {1000 * kSecond - 1 + kSecond, 11 * kSecond}));
  // A machine that slept: both go on.
  CHECK_FALSE(between(before, {91'000 * kSecond, 90'010 * kSecond}));
}

TEST_CASE("a clock that is set back shows, also where it stands later than before") {
  const ClockReading before{1000 * kSecond, 10 * kSecond};
  const auto step = between(before, {1100 * kSecond, 3610 * kSecond});
  REQUIRE(step);
  CHECK(step->from_ns == 4600 * kSecond);
  CHECK(step->to_ns == 1100 * kSecond);
  REQUIRE(between(before, {999 * kSecond, 11 * kSecond}));
}

TEST_CASE("before anything was taken the last record's time is what counts") {
  CHECK_FALSE(ClockWatch().step_to({5, 5}));
  CHECK_FALSE(ClockWatch(1000 * kSecond).step_to({1001 * kSecond, 1}));
  const auto step = ClockWatch(1000 * kSecond).step_to({900 * kSecond, 1});
  REQUIRE(step);
  CHECK(step->from_ns == 1000 * kSecond);
}

TEST_CASE("the clocks of one moment") {
  const auto first = read_clocks();
  const auto second = read_clocks();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->boot_ns <= second->boot_ns);
  CHECK(first->real_ns > 1'500'000'000 * kSecond);
}
