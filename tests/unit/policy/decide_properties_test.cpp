// SPDX-License-Identifier: Apache-2.0
// What holds of every policy, tried on many that were made by chance with a fixed seed.
#include <algorithm>
#include <string>

#include "catch.h"
#include "unit/policy/by_chance.h"

using namespace modgate;

namespace {}  // namespace

TEST_CASE("a deny never allows more, an allow never denies more, and no order changes a verdict") {
  Chance chance(20261202);
  int allowed_plans = 0;
  int denied_plans = 0;
  int turned_by_deny = 0;
  int turned_by_allow = 0;
  for (int round = 0; round < 1500; ++round) {
    Lines rules;
    for (std::size_t count = chance.below(6); count > 0; --count) {
      rules.push_back(chance.one_in(3) ? some_deny(chance) : some_allow(chance));
    }
    Lines with_deny = rules;
    with_deny.insert(
        with_deny.begin() + static_cast<std::ptrdiff_t>(chance.below(rules.size() + 1)),
        some_deny(chance));
    Lines with_allow = rules;
    with_allow.push_back(some_allow(chance));
    Lines shuffled = rules;
    chance.shuffle(shuffled);
    const Policy policy = merged(rules);
    const Policy denying = merged(with_deny);
    const Policy allowing = merged(with_allow);
    const Policy reordered = merged(shuffled);
    for (int time = 0; time < 8; ++time) {
      const Plan plan = some_plan(chance);
      const bool allowed = allows(policy, plan);
      (allowed ? allowed_plans : denied_plans) += 1;
      const bool still = allows(denying, plan);
      const bool now_too = allows(allowing, plan);
      REQUIRE((allowed || !still));
      REQUIRE((now_too || !allowed));
      REQUIRE(allows(reordered, plan) == allowed);
      if (allowed && !still) ++turned_by_deny;
      if (now_too && !allowed) ++turned_by_allow;
    }
  }
  CHECK(allowed_plans > 300);
  CHECK(denied_plans > 300);
  CHECK(turned_by_deny > 50);
  CHECK(turned_by_allow > 50);
}

TEST_CASE("every module of an allowed plan is allowed, and a refused one names why") {
  Chance chance(20261203);
  for (int round = 0; round < 1000; ++round) {
    Lines rules;
    for (std::size_t count = chance.below(6); count > 0; --count) {
      rules.push_back(chance.one_in(4) ? some_deny(chance) : some_allow(chance));
    }
    const Policy policy = merged(rules);
    const Plan plan = some_plan(chance);
    const Decision decision = decide(policy, alice(), plan, some_noon());
    REQUIRE(decision.modules.size() == plan.modules.size());
    REQUIRE_FALSE(decision.explanation.empty());
    REQUIRE(decision.explanation.back() != '.');
    const bool all =
        std::all_of(decision.modules.begin(), decision.modules.end(),
                    [](const ModuleDecision& module) { return is_allowed(module.verdict); });
    if (is_allowed(decision.verdict)) {
      REQUIRE(all);
      REQUIRE(decision.rule.file != "");
    } else {
      REQUIRE((decision.refusal == Outcome::denied || decision.refusal == Outcome::rejected));
    }
  }
}

TEST_CASE("a dash and an underscore in a name are the same, wherever it stands") {
  Chance chance(20261206);
  const auto spelled = [&](std::string text, bool at_random) {
    for (char& byte : text) {
      if (byte == '~') byte = at_random && chance.one_in(2) ? '-' : '_';
    }
    return text;
  };
  int allowed_plans = 0;
  for (int round = 0; round < 1000; ++round) {
    Lines rules;
    for (std::size_t count = chance.below(5) + 1; count > 0; --count) {
      rules.push_back("[[" + chance.one_of({"deny", "role.dev.allow", "role.dev.allow"}) +
                      "]]\nmodules = [\"" +
                      chance.one_of({"a~b", "a~*", "~a", "a~b~c", "?~b", "*~c", "ab"}) + "\"]\n");
      if (rules.back().starts_with("[[deny") || chance.one_in(2)) continue;
      rules.back() +=
          "params.\"" + chance.one_of({"a~b", "a~*", "*"}) + "\".n~o = { int = [0, 5] }\n";
    }
    Lines plain = rules;
    Lines mixed = rules;
    for (std::string& rule : plain) rule = spelled(rule, false);
    for (std::string& rule : mixed) rule = spelled(rule, true);
    const Policy policy = merged(plain);
    const Policy other = merged(mixed);
    for (const char* name : {"a_b", "_a", "a_b_c", "ab", "a_x", "c_b"}) {
      const Plan bare = load_of({fresh(name)});
      const Plan given = load_of({with_parameter(fresh(name), "n_o", "5")});
      const Plan also_given = load_of({with_parameter(fresh(name), "n-o", "5")});
      REQUIRE(allows(policy, bare) == allows(other, bare));
      REQUIRE(allows(policy, given) == allows(other, given));
      REQUIRE(allows(policy, given) == allows(other, also_given));
      allowed_plans += allows(policy, given) ? 1 : 0;
    }
  }
  CHECK(allowed_plans > 100);
}

TEST_CASE("a verdict is a yes only where every bit of it is right", "[CVE-2023-42465]") {
  const auto yes = static_cast<std::uint64_t>(Verdict::allow);
  const auto no = static_cast<std::uint64_t>(Verdict::deny);
  CHECK_FALSE(is_allowed(Verdict::deny));
  for (unsigned bit = 0; bit < 64; ++bit) {
    CHECK_FALSE(is_allowed(static_cast<Verdict>(yes ^ (std::uint64_t{1} << bit))));
    CHECK_FALSE(is_allowed(static_cast<Verdict>(no ^ (std::uint64_t{1} << bit))));
  }
  CHECK_FALSE(is_allowed(Decision{}.verdict));
  CHECK_FALSE(is_allowed(ModuleDecision{}.verdict));
  CHECK(is_allowed(static_cast<Verdict>(yes)));
}
