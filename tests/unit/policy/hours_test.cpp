// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/hours.h"

#include <string>

#include "catch.h"

using modgate::Hours;

namespace {

enum Weekday { kSunday, kMonday, kTuesday, kWednesday, kThursday, kFriday, kSaturday };

constexpr int at(int hour, int minute) { return hour * 60 + minute; }

struct Row {
  std::string hours;
  int weekday;
  int minute;
  bool inside;
};

}  // namespace

TEST_CASE("hours begin with their first minute and end before their last") {
  const Row row = GENERATE(values<Row>({
      {"Mon-Fri 08:00-18:00", kMonday, at(8, 0), true},
      {"Mon-Fri 08:00-18:00", kMonday, at(7, 59), false},
      {"Mon-Fri 08:00-18:00", kFriday, at(17, 59), true},
      {"Mon-Fri 08:00-18:00", kFriday, at(18, 0), false},
      {"Mon-Fri 08:00-18:00", kSaturday, at(12, 0), false},
      {"Mon-Fri 08:00-18:00", kSunday, at(12, 0), false},
      {"08:00-18:00", kSunday, at(12, 0), true},
      {"08:00-18:00", kSunday, at(18, 0), false},
      {"Sat,Sun 00:00-24:00", kSaturday, at(0, 0), true},
      {"Sat,Sun 00:00-24:00", kSunday, at(23, 59), true},
      {"Sat,Sun 00:00-24:00", kMonday, at(0, 0), false},
      {"Sat,Sun 00:00-24:00", kFriday, at(23, 59), false},
      {"Fri-Mon 10:00-11:00", kSunday, at(10, 30), true},
      {"Fri-Mon 10:00-11:00", kMonday, at(10, 30), true},
      {"Fri-Mon 10:00-11:00", kTuesday, at(10, 30), false},
      {"Fri-Mon 10:00-11:00", kThursday, at(10, 30), false},
      {"Mon,Wed-Thu 10:00-11:00", kTuesday, at(10, 0), false},
      {"Mon,Wed-Thu 10:00-11:00", kThursday, at(10, 0), true},
      {"22:00-06:00", kTuesday, at(22, 0), true},
      {"22:00-06:00", kTuesday, at(21, 59), false},
      {"22:00-06:00", kTuesday, at(5, 59), true},
      {"22:00-06:00", kTuesday, at(6, 0), false},
      {"22:00-00:00", kTuesday, at(23, 59), true},
      {"22:00-00:00", kTuesday, at(0, 0), false},
  }));
  CAPTURE(row.hours, row.weekday, row.minute);
  const auto hours = Hours::parse(row.hours);
  REQUIRE(hours);
  CHECK(hours->contains(row.weekday, row.minute) == row.inside);
  CHECK(hours->text() == row.hours);
}

TEST_CASE("hours over midnight belong to the day on which they begin") {
  const auto hours = Hours::parse("Fri 22:00-06:00");
  REQUIRE(hours);
  CHECK(hours->contains(kFriday, at(23, 0)));
  CHECK(hours->contains(kSaturday, at(5, 59)));
  CHECK_FALSE(hours->contains(kFriday, at(5, 59)));
  CHECK_FALSE(hours->contains(kSaturday, at(22, 0)));
  const auto sunday = Hours::parse("Sat 22:00-06:00");
  REQUIRE(sunday);
  CHECK(sunday->contains(kSunday, at(3, 0)));
  CHECK_FALSE(sunday->contains(kMonday, at(3, 0)));
}

TEST_CASE("no hours contain a time that there is not") {
  for (const char* text : {"00:00-24:00", "22:00-06:00"}) {
    const auto hours = Hours::parse(text);
    REQUIRE(hours);
    CHECK(hours->contains(0, 0));
    CHECK_FALSE(hours->contains(-1, 0));
    CHECK_FALSE(hours->contains(7, 0));
    CHECK_FALSE(hours->contains(0, -1));
    CHECK_FALSE(hours->contains(0, 24 * 60));
  }
}

TEST_CASE("hours in any other form are refused") {
  const std::string text = GENERATE(values<std::string>({"",
                                                         " ",
                                                         "always",
                                                         "Mon",
                                                         "Mon-Fri",
                                                         "8:00-18:00",
                                                         "08:00",
                                                         "08:00-",
                                                         "-18:00",
                                                         "08:00-18:00-20:00",
                                                         "08:00-18:60",
                                                         "08:00-24:01",
                                                         "24:00-06:00",
                                                         "25:00-26:00",
                                                         "08:00-08:00",
                                                         "00:00-00:00",
                                                         "mon 08:00-18:00",
                                                         "Monday 08:00-18:00",
                                                         "Mon  08:00-18:00",
                                                         " 08:00-18:00",
                                                         "08:00-18:00 ",
                                                         "Mon- 08:00-18:00",
                                                         "Mon, 08:00-18:00",
                                                         ",Mon 08:00-18:00",
                                                         "Mon-Fri-Sun 08:00-18:00",
                                                         "08.00-18.00",
                                                         "0a:00-18:00",
                                                         "+8:00-18:00",
                                                         "Mon-Fri\t08:00-18:00"}));
  CAPTURE(text);
  CHECK_FALSE(Hours::parse(text));
}
