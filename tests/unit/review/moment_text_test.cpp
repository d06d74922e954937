// SPDX-License-Identifier: Apache-2.0
#include "gate/review/moment_text.h"

#include <stdlib.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "catch.h"

using namespace modgate;

namespace {

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr std::int64_t kDayMs = 86'400'000;

/// The zone of the process, for one test.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = ::getenv("TZ"); before != nullptr) before_ = before;
    REQUIRE(::setenv("TZ", name, 1) == 0);
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() {
    static_cast<void>(before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ"));
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

struct Row {
  std::string text;
  std::int64_t moment;
};

}  // namespace

TEST_CASE("A time with its offset is the same everywhere") {
  const Row rows[] = {
      {"2026-12-01T10:00:00Z", 1'796'119'200'000},
      {"2026-12-01t10:00:00z", 1'796'119'200'000},
      {"2026-12-01 10:00:00Z", 1'796'119'200'000},
      {"2026-12-01T10:00Z", 1'796'119'200'000},
      {"2026-12-01T12:00:00+02:00", 1'796'119'200'000},
      {"2026-12-01T04:30:00-05:30", 1'796'119'200'000},
      {"2026-12-01T10:00:00-00:00", 1'796'119'200'000},
      {"2026-12-01T10:00:00.25Z", 1'796'119'200'250},
      {"2026-12-01T10:00:00.123456789Z", 1'796'119'200'123},
      {"2028-02-29T00:00:00Z", 1'835'395'200'000},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000},
      {"1970-01-01T00:00:01Z", 1000},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000},
  };
  for (const char* name : {"UTC0", "XXX-05:30"}) {
    const Zone zone(name);
    for (const Row& row : rows) {
      CAPTURE(name, row.text);
      const auto moment = parse_moment(row.text, kNow);
      REQUIRE(moment);
      CHECK(*moment == row.moment);
    }
  }
}

TEST_CASE("A time without an offset and a day are local") {
  struct Local {
    const char* zone;
    std::string text;
    std::int64_t moment;
  };
  const Local rows[] = {
      {"UTC0", "2026-12-01", 1'796'083'200'000},
      {"XXX-2", "2026-12-01", 1'796'083'200'000 - 7'200'000},
      {"UTC0", "2026-12-01T10:00:00", 1'796'119'200'000},
      {"UTC0", "2026-12-01 10:00", 1'796'119'200'000},
      {"XXX-2", "2026-12-01T10:00:00", 1'796'119'200'000 - 7'200'000},
      // In summer time.
      {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T10:00:00", 1'782'892'800'000},
  };
  for (const Local& row : rows) {
    CAPTURE(row.zone, row.text);
    const Zone zone(row.zone);
    const auto moment = parse_moment(row.text, kNow);
    REQUIRE(moment);
    CHECK(*moment == row.moment);
  }
}

TEST_CASE("A time can be so long ago, and no longer than 1970") {
  const Row rows[] = {
      {"-0s", kNow},
      {"-1s", kNow - 1000},
      {"-90m", kNow - 5'400'000},
      {"-36h", kNow - 129'600'000},
      {"-7d", kNow - 7 * kDayMs},
      {"-2w", kNow - 14 * kDayMs},
      {"-007d", kNow - 7 * kDayMs},
      {"-1000000000w", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto moment = parse_moment(row.text, kNow);
    REQUIRE(moment);
    CHECK(*moment == row.moment);
  }
}

TEST_CASE("What is no time is usage and says what one looks like") {
  const Zone zone("UTC0");
  const std::string rows[] = {
      "",
      "-",
      "-d",
      "-7",
      "-7x",
      "-7D",
      "--7d",
      "-+7d",
      "- 7d",
      "-7 d",
      "-7dd",
      "-1.5h",
      "-0x7d",
      "-1000000001s",
      "-99999999999999999999d",
      "7d",
      "+7d",
      "now",
      "2026",
      "2026-12",
      "2026-1-1",
      "26-12-01",
      "2026/12/01",
      "20261201",
      "2026-00-01",
      "2026-13-01",
      "2026-12-00",
      "2026-12-32",
      "2026-02-30T00:00:00Z",
      "2026-02-29",
      "2026-04-31",
      "2100-02-29T00:00:00Z",
      "-026-12-01",
      "1969-12-31T23:59:59Z",
      "1970-01-01T00:00:00+00:01",
      "10000-01-01",
      " 2026-12-01",
      "2026-12-01 ",
      "2026-12-01T",
      "2026-12-01Z",
      "2026-12-01T25:00:00Z",
      "2026-12-01T24:00:00Z",
      "2026-12-01T10:60:00Z",
      "2026-12-01T10:00:61Z",
      "2026-12-01T-0:00:00Z",
      "2026-12-01T10:-0:00Z",
      "2026-12-01T10:00:-0Z",
      "2026-12-01T10:00:00+-0:00",
      "2026-12-01T10:00:00+00:-0",
      "2026-12-01T10:00:00.Z",
      "2026-12-01T10:00:00.",
      "2026-12-01T10:00:00,5Z",
      "2026-12-01T10Z",
      "2026-12-01T10:0:00Z",
      "2026-12-01T10:00:00+02",
      "2026-12-01T10:00:00+0200",
      "2026-12-01T10:00:00+24:00",
      "2026-12-01T10:00:00+02:60",
      "2026-12-01T10:00:00ZZ",
      "2026-12-01T10:00:00Z+02:00",
      "2026-12-01T10:00:00X",
      std::string("2026-12-01\0", 11),
      std::string(65536, '9'),
      '-' + std::string(65536, '9') + 'd',
  };
  for (const std::string& text : rows) {
    CAPTURE(text.substr(0, 60));
    const auto moment = parse_moment(text, kNow);
    REQUIRE_FALSE(moment);
    CHECK(moment.error().outcome == Outcome::usage);
    CHECK_THAT(moment.error().message, Catch::Matchers::ContainsSubstring("2026-12-01T10:00:00Z"));
  }
}
