// SPDX-License-Identifier: Apache-2.0
// Local time over a change of the clocks, in three zones.
#include <stdlib.h>
#include <time.h>

#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

/// A zone of POSIX rules, so that no data of the system matters, for as long as the object lives.
class Zone {
 public:
  explicit Zone(const std::string& rules) {
    REQUIRE(setenv("TZ", rules.c_str(), 1) == 0);
    tzset();
  }
  ~Zone() {
    static_cast<void>(
        unsetenv("TZ"));  // a test has no better answer to a failure than the next test
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  [[nodiscard]] tm local(std::int64_t now) const {
    const time_t seconds = now;
    tm fields = {};
    REQUIRE(localtime_r(&seconds, &fields) != nullptr);
    return fields;
  }

  [[nodiscard]] Circumstances at(std::int64_t now) const {
    tm fields = local(now);
    Circumstances circumstances;
    circumstances.host = "lab-1";
    circumstances.now = now;
    circumstances.weekday = fields.tm_wday;
    circumstances.minute_of_day = fields.tm_hour * 60 + fields.tm_min;
    circumstances.local_seconds = timegm(&fields);
    return circumstances;
  }

  /// "2027-03-28 02:30:00": compares as the times do.
  [[nodiscard]] std::string text(std::int64_t now) const {
    const tm fields = local(now);
    std::array<char, 32> text = {};
    REQUIRE(strftime(text.data(), text.size(), "%F %T", &fields) > 0);
    return text.data();
  }
};

/// Seconds since the epoch of a time of day in UTC.
std::int64_t utc(int year, int month, int day, int hour, int minute, int second = 0) {
  tm fields = {};
  fields.tm_year = year - 1900;
  fields.tm_mon = month - 1;
  fields.tm_mday = day;
  fields.tm_hour = hour;
  fields.tm_min = minute;
  fields.tm_sec = second;
  return timegm(&fields);
}

const std::string kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
const std::string kNewYork = "EST5EDT,M3.2.0,M11.1.0";
const std::string kLordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";  // by half an hour

struct Edge {
  std::string zone;
  std::string keys;
  std::int64_t last;  ///< before the rule's word changes
  bool before;        ///< whether the rule holds until then
};

}  // namespace

TEST_CASE("dates and hours have their edges where the local clock shows them") {
  const Edge edge = GENERATE(values<Edge>({
      // Berlin: on 2027-03-28 02:00 becomes 03:00, at 01:00 UTC.
      {kBerlin, "hours = [\"Sun 01:00-03:00\"]", utc(2027, 3, 27, 23, 59, 59), false},
      {kBerlin, "hours = [\"Sun 01:00-03:00\"]", utc(2027, 3, 28, 0, 59, 59), true},
      {kBerlin, "hours = [\"Sun 03:00-04:00\"]", utc(2027, 3, 28, 0, 59, 59), false},
      {kBerlin, "not_before = 2027-03-28T02:30:00", utc(2027, 3, 28, 0, 59, 59), false},
      {kBerlin, "expires = 2027-03-28T02:30:00", utc(2027, 3, 28, 0, 59, 59), true},
      {kBerlin, "not_before = 2027-03-28", utc(2027, 3, 27, 22, 59, 59), false},
      {kBerlin, "expires = 2027-03-28", utc(2027, 3, 28, 21, 59, 59), true},
      {kBerlin, "not_before = 2027-03-29", utc(2027, 3, 28, 21, 59, 59), false},
      {kBerlin, "not_before = 2027-03-28T02:30:00+01:00", utc(2027, 3, 28, 1, 29, 59), false},
      // On 2027-10-31 03:00 becomes 02:00, at 01:00 UTC: an hour comes twice.
      {kBerlin, "hours = [\"Sun 02:00-02:30\"]", utc(2027, 10, 30, 23, 59, 59), false},
      {kBerlin, "hours = [\"Sun 02:00-02:30\"]", utc(2027, 10, 31, 0, 29, 59), true},
      {kBerlin, "hours = [\"Sun 02:00-02:30\"]", utc(2027, 10, 31, 0, 59, 59), false},
      {kBerlin, "hours = [\"Sun 02:00-02:30\"]", utc(2027, 10, 31, 1, 29, 59), true},
      {kBerlin, "expires = 2027-10-31", utc(2027, 10, 31, 22, 59, 59), true},
      {kBerlin, "expires = 2027-10-31T02:30:00Z", utc(2027, 10, 31, 2, 29, 59), true},
      // New York: 2027-03-14 at 07:00 UTC, 2027-11-07 at 06:00 UTC.
      {kNewYork, "hours = [\"Sat 22:00-03:00\"]", utc(2027, 3, 14, 6, 59, 59), true},
      {kNewYork, "hours = [\"Sat 22:00-01:30\"]", utc(2027, 11, 7, 5, 29, 59), true},
      {kNewYork, "hours = [\"Sat 22:00-01:30\"]", utc(2027, 11, 7, 5, 59, 59), false},
      {kNewYork, "expires = 2027-03-14", utc(2027, 3, 15, 3, 59, 59), true},
      {kNewYork, "expires = 2027-11-07", utc(2027, 11, 8, 4, 59, 59), true},
      {kNewYork, "not_before = 2027-11-07", utc(2027, 11, 7, 3, 59, 59), false},
      // Lord Howe: 2027-04-04 02:00 becomes 01:30 at 15:00 UTC of the day before.
      {kLordHowe, "hours = [\"Sun 01:30-01:45\"]", utc(2027, 4, 3, 14, 29, 59), false},
      {kLordHowe, "hours = [\"Sun 01:30-01:45\"]", utc(2027, 4, 3, 14, 59, 59), false},
      {kLordHowe, "hours = [\"Sun 01:30-01:45\"]", utc(2027, 4, 3, 15, 14, 59), true},
      {kLordHowe, "expires = 2027-04-04", utc(2027, 4, 4, 13, 29, 59), true},
      {kLordHowe, "not_before = 2027-10-03T02:15:00", utc(2027, 10, 2, 15, 29, 59), false},
      {kLordHowe, "hours = [\"Sun 02:00-02:30\"]", utc(2027, 10, 2, 15, 29, 59), false},
  }));
  CAPTURE(edge.zone, edge.keys, edge.last);
  const bool never = edge.keys == "hours = [\"Sun 02:00-02:30\"]" && edge.zone == kLordHowe;
  const Zone zone(edge.zone);
  const std::string keys = "modules = [\"m\"]\n" + edge.keys;
  const Plan plan = load_of({fresh("m")});
  const auto check = [&](std::int64_t now, bool holds) {
    CHECK(allows(allow_rule(keys), plan, zone.at(now)) == holds);
    CHECK(allows(deny_rule(keys), plan, zone.at(now)) == !holds);
  };
  check(edge.last, edge.before);
  check(edge.last + 1, !edge.before && !never);
}

TEST_CASE("what the local clock shows is what counts, minute by minute over a change") {
  const std::string zone_rules = GENERATE(values<std::string>({kBerlin, kNewYork, kLordHowe}));
  CAPTURE(zone_rules);
  const Zone zone(zone_rules);
  const Plan plan = load_of({fresh("m")});
  const auto rule = [](const std::string& keys) {
    return allow_rule("modules = [\"m\"]\nauthenticate = false\n" + keys);
  };
  for (const std::int64_t noon :
       {utc(2027, 3, 14, 12, 0), utc(2027, 3, 28, 12, 0), utc(2027, 4, 4, 12, 0),
        utc(2027, 10, 3, 12, 0), utc(2027, 10, 31, 12, 0), utc(2027, 11, 7, 12, 0)}) {
    const std::string day = zone.text(noon).substr(0, 10);
    const Policy hours = rule("hours = [\"Sun 01:40-02:20\"]");
    const Policy night = rule("hours = [\"Sat 23:50-02:10\"]");
    const Policy from = rule("not_before = " + day + "T02:15:00");
    const Policy until = rule("expires = " + day + "T01:45:00");
    const Policy this_day = rule("not_before = " + day + "\nexpires = " + day);
    for (std::int64_t now = noon - 86400; now < noon + 86400; now += 300) {
      const Circumstances circumstances = zone.at(now);
      const std::string text = zone.text(now);
      const std::string time = text.substr(11);
      CAPTURE(text);
      const bool is_sunday = text.substr(0, 10) == day;  // all of these changes are on Sundays
      const bool is_night = (circumstances.weekday == 6 && time >= "23:50") ||
                            (circumstances.weekday == 0 && time < "02:10");
      REQUIRE(allows(hours, plan, circumstances) ==
              (is_sunday && time >= "01:40" && time < "02:20"));
      REQUIRE(allows(night, plan, circumstances) == is_night);
      REQUIRE(allows(from, plan, circumstances) == (text >= day + " 02:15:00"));
      REQUIRE(allows(until, plan, circumstances) == (text < day + " 01:45:00"));
      REQUIRE(allows(this_day, plan, circumstances) == is_sunday);
    }
  }
}
