// SPDX-License-Identifier: Apache-2.0
#include "gate/review/where.h"

#include "unit/review/stored.h"

using namespace modgate;

namespace {

constexpr std::int64_t kNow = 1785492000000;  // 123 ms before the sample's time

bool fits(const std::string& expression, const std::string& line) {
  CAPTURE(expression);
  const auto where = Where::parse(expression, kNow);
  REQUIRE(where);
  EventView event;
  REQUIRE(event.parse(line, "/srv/logs/a"));
  return where->fits(event);
}

std::string complaint(const std::string& expression) {
  CAPTURE(expression);
  const auto where = Where::parse(expression, kNow);
  REQUIRE_FALSE(where);
  CHECK(where.error().outcome == Outcome::usage);
  return where.error().message;
}

}  // namespace

TEST_CASE("an expression fits or does not fit an event") {
  struct Row {
    const char* expression;
    bool fits;
  };
  const Row rows[] = {
      {"user = alice", true},
      {"user = bob", false},
      {"user != bob", true},
      {"user != alice", false},
      {"user ~ al*", true},
      {"user ~ l*", false},
      {"user ~ ?lice", true},
      {"user ~ /li/", true},
      {"user ~ /^li/", false},
      {"user !~ b*", true},
      {"user !~ a*", false},
      {"uid = 1000", true},
      {"uid != 1000", false},
      {"uid < 1000", false},
      {"uid <= 1000", true},
      {"uid > 999", true},
      {"uid >= 1001", false},
      {"sequence = 7", true},
      {"count = 1", true},
      {"role = netdev", true},
      {"rule ~ *policy.toml:12", true},
      {"reason = NET-42", true},
      {"reason ~ /^NET-[0-9]+$/", true},
      {"action = load", true},
      {"action = unload", false},
      {"outcome = done", true},
      {"kind = outcome", true},
      {"host = build07.example.org", true},
      {"authentication ~ pam:*", true},
      {"session = 12 and terminal = pts/3", true},
      {"record = 01985f2e-6d10-7f02-8a44-9b8c7d6e5f40", true},
      {"log = /srv/logs/a", true},
      {"log = /srv/logs/b", false},
      // Every module of the plan.
      {"module = vxlan", true},
      {"module = udp_tunnel", true},
      {"module = udp-tunnel", true},
      {"module ~ udp-*", true},
      {"module = dummy", false},
      {"module != dummy", true},
      {"module != udp_tunnel", false},
      {"params = log_ecn_error=1", true},
      {"signer = kernel", true},
      // Nothing is the empty text, and no number.
      {"code = 0", true},
      {"code = \"\"", false},
      {"duration_us > 1000", true},
      // Time: what is relative is before now.
      {"time > 2026-07-31T09:59:59Z", true},
      {"time < 2026-07-31T09:59:59Z", false},
      {"time >= -1s", true},
      {"time < -1s", false},
      // How they join.
      {"user = bob or user = alice", true},
      {"user = bob and user = alice", false},
      {"user = alice and user = bob or role = netdev", true},
      {"user = alice and (user = bob or role = netdev)", true},
      {"role = netdev or user = alice and user = bob", true},
      {"(role = netdev or user = alice) and user = bob", false},
      {"not user = bob", true},
      {"not not user = alice", true},
      {"not (user = alice and role = netdev)", false},
      {"not user = bob and role = x", false},
      {"user=alice", true},
      {"(user=alice)", true},
      {"  user\t=\nalice ", true},
      {"user = \"alice\"", true},
      {"user = 'alice'", true},
      {R"(user = "a\lice")", true},
      {R"(user = "ali\"ce")", false},
      {"message = 'loaded udp_tunnel, vxlan'", true},
      {"message ~ 'loaded *'", true},
      {R"(rule ~ /modgate\/policy/)", true},
  };
  const std::string line = sample::line_of(sample::outcome());
  for (const Row& row : rows) CHECK(fits(row.expression, line) == row.fits);
}

TEST_CASE("what an event has not got is the empty text, and no number") {
  const std::string line = "{}";
  for (const char* expression : {"user = \"\"", "user != alice", "user !~ a*", "module = \"\"",
                                 "uid != 0", "user ~ *", "not uid = 0"}) {
    CHECK(fits(expression, line));
  }
  for (const char* expression :
       {"user = alice", "uid = 0", "uid < 5", "uid > -1", "time > -7d", "module ~ a*"}) {
    CHECK_FALSE(fits(expression, line));
  }
}

TEST_CASE("a mistake is named with its column") {
  struct Row {
    const char* expression;
    const char* says;
  };
  const Row rows[] = {
      {"", "column 1: expected a field"},
      {"   ", "column 4: expected a field"},
      {"nobody = x", "column 1: there is no field 'nobody'; there is: time, sequence"},
      {"user", "column 5: expected one of ="},
      {"user alice", "column 6: expected one of ="},
      {"user =", "column 7: expected a value"},
      {"user = alice bob", "column 14: expected 'and', 'or' or the end"},
      {"user = alice and", "column 17: expected a field"},
      {"and user = alice", "column 1: there is no field 'and'"},
      {"(user = alice", "column 14: expected ')'"},
      {"user = alice)", "column 13: there is no '(' for this ')'"},
      {"user = (alice)", "column 8: expected a value"},
      {"user = \"alice", "column 8: there is no second \""},
      {"user ~ /ali", "column 8: there is no second /"},
      {"user ~ /(/", "column 8: not a pattern"},
      {"user < alice", "column 6: user is a text"},
      {"uid = alice", "column 7: expected a whole number"},
      {"uid = 99999999999999999999", "column 7: expected a whole number"},
      {"uid ~ 1*", "column 5: uid is a number"},
      {"time = 2026-12-01", "column 6: a time takes <"},
      {"time > tomorrow", "column 8: 'tomorrow' is no time"},
      {"outcome = deny", "column 11: an outcome is one of: done, failed"},
      {"action = insmod", "column 10: an action is one of: load, unload"},
      {"USER = alice", "column 1: expected a field"},
  };
  for (const Row& row : rows) {
    CHECK_THAT(complaint(row.expression),
               Catch::Matchers::StartsWith(std::string("--where: ") + row.says));
  }
}

TEST_CASE("an expression is bounded in length, conditions and depth") {
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t at = 0; at < times; ++at) all += text;
    return all;
  };
  const std::string one = "uid=1";
  CHECK(Where::parse(repeated(one + " or ", Where::kMostConditions - 1) + one, kNow));
  CHECK_THAT(complaint(repeated(one + " or ", Where::kMostConditions) + one),
             Catch::Matchers::ContainsSubstring("more than 64 conditions"));
  for (const char* nested : {"(", "not "}) {
    const std::string end = *nested == '(' ? ")" : "";
    const auto deep = [&](std::size_t depth) {
      return repeated(nested, depth) + one + repeated(end, depth);
    };
    CHECK(Where::parse(deep(Where::kMostDepth), kNow));
    CHECK_THAT(complaint(deep(Where::kMostDepth + 1)),
               Catch::Matchers::ContainsSubstring("nested deeper than 32"));
  }
  CHECK_THAT(complaint("user = " + std::string(Where::kMostBytes, 'a')),
             Catch::Matchers::ContainsSubstring("at most 4096 bytes"));
  CHECK_THAT(complaint("user ~ /(a{1000}){1000}/"),
             Catch::Matchers::ContainsSubstring("not a pattern"));
}

TEST_CASE("what an event must meet is told, and no more") {
  struct Row {
    const char* expression;
    std::size_t necessary;
  };
  for (const Row& row :
       {Row{"user = a", 1}, Row{"user = a and module = b", 2},
        Row{"user = a and (module = b and uid = 1)", 3}, Row{"user = a or module = b", 0},
        Row{"not user = a", 0}, Row{"user = a and (module = b or uid = 1)", 1}}) {
    CAPTURE(row.expression);
    const auto where = Where::parse(row.expression, kNow);
    REQUIRE(where);
    CHECK(where->necessary().size() == row.necessary);
  }
  CHECK(Where().necessary().empty());
}
