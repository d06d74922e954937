// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

constexpr std::int64_t kNewYear = 1798761600;  ///< 2027-01-01T00:00:00Z

struct Row {
  std::string key;
  bool local;          ///< whether local_seconds counts, else now
  std::int64_t first;  ///< the first second after the change
  bool after;          ///< whether the rule holds from then on
};

Circumstances at(const Row& row, std::int64_t seconds) {
  Circumstances now = some_noon();
  // The other clock says the opposite, so that reading the wrong one shows.
  const std::int64_t other = 2 * row.first - seconds - 1;
  now.local_seconds = row.local ? seconds : other;
  now.now = row.local ? other : seconds;
  return now;
}

}  // namespace

TEST_CASE("a rule begins and ends to the second") {
  const Row row = GENERATE(values<Row>({
      {"not_before = 2027-01-01", true, kNewYear, true},
      {"expires = 2026-12-31", true, kNewYear, false},
      {"not_before = 2027-01-01T08:30:00", true, kNewYear + 8 * 3600 + 1800, true},
      {"expires = 2027-01-01 08:30:15", true, kNewYear + 8 * 3600 + 1815, false},
      {"not_before = 2027-01-01T00:00:00Z", false, kNewYear, true},
      {"expires = 2027-01-01T00:00:00Z", false, kNewYear, false},
      {"expires = 2027-01-01T02:00:00+02:00", false, kNewYear, false},
      {"not_before = 2026-12-31T18:30:00-05:30", false, kNewYear, true},
      {"expires = 2028-02-28", true, 1835395200, false},
      {"expires = 2028-02-29", true, 1835481600, false},
      {"expires = 1970-01-01", true, 86400, false},
  }));
  CAPTURE(row.key);
  const std::string keys = "modules = [\"m\"]\n" + row.key;
  const Plan plan = load_of({fresh("m")});
  CHECK(allows(allow_rule(keys), plan, at(row, row.first - 1)) == !row.after);
  CHECK(allows(allow_rule(keys), plan, at(row, row.first)) == row.after);
  CHECK(allows(deny_rule(keys), plan, at(row, row.first - 1)) == row.after);
  CHECK(allows(deny_rule(keys), plan, at(row, row.first)) == !row.after);
}

TEST_CASE("what is no date is refused") {
  const std::string value = GENERATE(
      values<std::string>({"\"2027-01-31\"", "20270131", "08:30:00", "true", "[2027-01-31]"}));
  const std::string text =
      "[role.a]\nmembers=[\"a\"]\n[[role.a.allow]]\nmodules=[\"m\"]\nexpires = " + value;
  CAPTURE(text);
  CHECK(problems_of(text) ==
        std::vector<std::string>{
            "p.toml:5:11: error: 'expires' is a date without quotes, such as 2027-01-31 or "
            "2027-01-31T18:00:00"});
}

TEST_CASE("a date that the calendar does not have is refused") {
  for (const char* date : {"2027-02-29", "2027-13-01", "2027-00-10", "2027-01-32"}) {
    CAPTURE(date);
    const ParsedPolicy parsed = parse_policy(
        {{"p.toml", std::string("[[deny]]\nmodules=[\"m\"]\nexpires = ") + date + "\n"}});
    CHECK_FALSE(parsed.policy);
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems.front().line == 3);
  }
}
