// SPDX-License-Identifier: Apache-2.0
// Which of several rules it is.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

/// A rule for m per entry, each on a line of its own from line 3 on.
Policy rules(const std::vector<std::string>& keys, const std::string& defaults = "") {
  std::string text = "role.dev.members = [\"alice\"]\nrole.dev.allow = [\n";
  for (const std::string& key : keys) text += "{ modules = [\"m\"]" + key + " },\n";
  return policy_of(text + "]\n" + defaults);
}

std::uint32_t chosen(const Policy& policy, const Circumstances& now = some_noon()) {
  const Decision decision = decide(policy, alice(), load_of({fresh("m")}), now);
  CHECK(is_allowed(decision.verdict));
  return decision.rule.line - 2;
}

Circumstances with_ticket(const std::string& service) {
  Circumstances now = some_noon();
  now.tickets = {service};
  return now;
}

Circumstances with_reason(const std::string& reason) {
  Circumstances now = some_noon();
  now.reason = reason;
  return now;
}

const std::string kStrict = ", pam_service = \"strict\"";
const std::string kTrusting = ", authenticate = false";
const std::string kReason = ", reason = true";
const std::string kTicketed = ", reason = \"[A-Z]+-[0-9]+\"";

}  // namespace

TEST_CASE("of several allows the one that asks least is used") {
  CHECK(chosen(rules({"", kTrusting})) == 2);
  CHECK(chosen(rules({kTrusting, ""})) == 1);
  CHECK(chosen(rules({"", kStrict})) == 1);
  CHECK(chosen(rules({kStrict, ""})) == 1);
  CHECK(chosen(rules({"", kStrict}), with_ticket("strict")) == 2);
  CHECK(chosen(rules({"", kStrict}), with_ticket("modgate")) == 1);
  CHECK(chosen(rules({"", kStrict}), with_ticket("other")) == 1);
  CHECK(chosen(rules({"", kStrict, kTrusting}), with_ticket("strict")) == 3);
  CHECK(chosen(rules({kTrusting + ", hosts = [\"other\"]", ""})) == 2);
}

TEST_CASE("a ticket counts for nothing where none are given") {
  CHECK(chosen(rules({"", kStrict}, "[defaults]\nticket = \"1s\"\n"), with_ticket("strict")) == 2);
  CHECK(chosen(rules({"", kStrict}, "[defaults]\nticket = \"0\"\n"), with_ticket("strict")) == 1);
}

TEST_CASE("a rule whose reason is not met ranks last") {
  CHECK(chosen(rules({kTrusting + kReason, ""})) == 2);
  CHECK(chosen(rules({kTrusting + kReason, ""}), with_reason("because")) == 1);
  CHECK(chosen(rules({kTrusting + kTicketed, ""}), with_reason("because")) == 2);
  CHECK(chosen(rules({kTrusting + kTicketed, ""}), with_reason("NET-7")) == 1);
  CHECK(chosen(rules({kReason, kTrusting + kReason})) == 2);
  CHECK(chosen(rules({kTicketed, kReason}), with_reason("because")) == 2);
  CHECK(chosen(rules({kTicketed, kReason}), with_reason("NET-7")) == 1);
}

TEST_CASE("what is asked comes from one rule and is never merged") {
  const Policy policy = rules({kStrict + kReason, ", pam_service = \"other\""});
  const auto asks = [&](const Circumstances& now) {
    return decide(policy, alice(), load_of({fresh("m")}), now).asks;
  };
  CHECK(asks(some_noon()).pam_services == std::vector<std::string>{"other"});
  CHECK_FALSE(asks(some_noon()).reason);
  CHECK(asks(with_reason("x")).pam_services == std::vector<std::string>{"strict"});
  CHECK(asks(with_reason("x")).reason);
}

TEST_CASE("a reason is met by a text that is not blank and matches as a whole") {
  struct Row {
    std::string rule;
    std::optional<std::string> reason;
    bool asked;
    bool met;
  };
  const Row row = GENERATE(values<Row>({
      {"", std::nullopt, false, true},
      {", reason = false", std::nullopt, false, true},
      {kReason, std::nullopt, true, false},
      {kReason, "", true, false},
      {kReason, " \t", true, false},
      {kReason, "x", true, true},
      {kTicketed, std::nullopt, true, false},
      {kTicketed, "NET-7", true, true},
      {kTicketed, "see NET-7", true, false},
      {kTicketed, "NET-7\n", true, false},
      {", reason = \".*\"", "", true, false},
      {", reason = \".*\"", "x", true, true},
  }));
  CAPTURE(row.rule, row.reason.value_or("(none)"));
  Circumstances now = some_noon();
  now.reason = row.reason;
  const Decision decision = decide(rules({row.rule}), alice(), load_of({fresh("m")}), now);
  CHECK(is_allowed(decision.verdict));
  CHECK(decision.asks.reason == row.asked);
  CHECK(decision.asks.reason_met == row.met);
}

TEST_CASE("a rule asks what the defaults say unless it says otherwise") {
  const auto asks = [](const std::string& rule, const std::string& defaults) {
    return decide(rules({rule}, "[defaults]\n" + defaults), alice(), load_of({fresh("m")}),
                  some_noon())
        .asks;
  };
  using Services = std::vector<std::string>;
  CHECK(asks("", "").pam_services == Services{"modgate"});
  CHECK(asks("", "pam_service = \"site\"").pam_services == Services{"site"});
  CHECK(asks(kStrict, "pam_service = \"site\"").pam_services == Services{"strict"});
  CHECK(asks("", "authenticate = false").pam_services.empty());
  CHECK(asks(", authenticate = true", "authenticate = false").pam_services == Services{"modgate"});
  CHECK(asks(kTrusting, "authenticate = true").pam_services.empty());
  CHECK(asks("", "reason = true").reason);
  CHECK_FALSE(asks(", reason = false", "reason = true").reason);
  CHECK_FALSE(asks("", "reason = \"[A-Z]+\"").reason_met);
}

TEST_CASE("the first deny in merged order is the one that is told") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"*\"]\n"
      "[[role.dev.deny]]\nmodules = [\"m\"]\nmessage = \"first\"\n"
      "[[deny]]\nmodules = [\"m\"]\nmessage = \"second\"\n"
      "[[deny]]\nmodules = [\"n\"]\n");
  const auto decided = [&](const std::string& name) {
    return decide(policy, alice(), load_of({fresh(name)}), some_noon());
  };
  CHECK(decided("m").explanation == "loading m is denied: first");
  CHECK(decided("m").rule.text() == "p.toml:5");
  CHECK(decided("m").rule.role == "dev");
  CHECK(decided("n").explanation == "loading n is denied");
  CHECK(decided("n").rule.text() == "p.toml:11");
  CHECK(decided("n").rule.role.empty());
  CHECK(is_allowed(decided("o").verdict));
}

TEST_CASE("a refusal never names a rule of somebody else's role",
          "[CVE-1999-1496][CVE-2025-46717][CVE-2025-46718]") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[role.ops]\nmembers = [\"bob\"]\n"
      "[[role.ops.allow]]\nmodules = [\"m\"]\nhosts = [\"other\"]\n"
      "[[role.ops.deny]]\nmodules = [\"m\"]\nmessage = \"secret\"\n");
  const Decision decision = decide(policy, alice(), load_of({fresh("m")}), some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.rule.text().empty());
  CHECK(decision.explanation == "no rule allows you to load m");
}

TEST_CASE("a rule that does not hold now is named to its own role, with what keeps it") {
  struct Row {
    std::string keys;
    std::string why;
  };
  const Row row = GENERATE(values<Row>({
      {"hosts = [\"other\"]", "it is for other hosts"},
      {"hosts = [\"other\"]\nexpires = 2026-12-01", "it has expired (2026-12-01)"},
      {"not_before = 2026-12-03", "it begins later (2026-12-03)"},
      {"not_before = 2026-12-03\nhosts = [\"other\"]", "it is for other hosts"},
      {"hours = [\"Mon 08:00-18:00\", \"20:00-22:00\"]",
       "it is for other hours (Mon 08:00-18:00, 20:00-22:00)"},
  }));
  CAPTURE(row.keys);
  const Plan plan = load_of({fresh("m")});
  const Decision decision =
      decide(allow_rule("modules = [\"m\"]\n" + row.keys), alice(), plan, some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.rule.text() == "p.toml:3");
  CHECK(decision.explanation ==
        "the rule that allows you to load m does not hold here and now: " + row.why);
  const Policy of_others = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n[role.ops]\nmembers = [\"bob\"]\n"
      "[[role.ops.allow]]\nmodules = [\"m\"]\n" +
      row.keys);
  CHECK(decide(of_others, alice(), plan, some_noon()).explanation ==
        "no rule allows you to load m");
}
