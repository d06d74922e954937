// SPDX-License-Identifier: Apache-2.0
// What holds of every policy, tried on many that were made by chance with a fixed seed.
#include <algorithm>
#include <random>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

using Lines = std::vector<std::string>;

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t many) { return below(many) == 0; }
  std::string one_of(const Lines& lines) { return lines[below(lines.size())]; }
  void shuffle(Lines& lines) { std::shuffle(lines.begin(), lines.end(), engine_); }

 private:
  std::mt19937 engine_;
};

const std::string kDigest = "sha256 = [\"" + std::string(64, 'a') + "\"]\n";

std::string conditions(Chance& chance) {
  std::string keys = chance.one_of({"modules = [\"a\", \"b\"]\n", "modules = [\"*\"]\n",
                                    "modules = [\"c\"]\n", "tree = [\"kernel/**\"]\n",
                                    "modules = [\"a\"]\ntree = [\"kernel/drivers/**\"]\n"});
  if (chance.one_in(3))
    keys += chance.one_of({"actions = [\"load\", \"unload\"]\n", "actions = [\"unload-own\"]\n"});
  if (chance.one_in(5)) keys += chance.one_of({"hosts = [\"lab-*\"]\n", "hosts = [\"x\"]\n"});
  if (chance.one_in(5))
    keys += chance.one_of({"hours = [\"Wed 08:00-18:00\"]\n", "hours = [\"Thu 08:00-18:00\"]\n"});
  if (chance.one_in(5)) keys += chance.one_of({"expires = 2026-12-02\n", "expires = 2026-12-01\n"});
  if (chance.one_in(6)) keys += kDigest;
  return keys;
}

std::string some_allow(Chance& chance) {
  std::string rule = "[[role." + chance.one_of({"dev", "net", "ops"}) + ".allow]]\n";
  rule += conditions(chance);
  if (chance.one_in(3)) rule += "params.\"*\".n = { int = [0, 5] }\n";
  if (chance.one_in(4)) rule += "authenticate = false\n";
  if (chance.one_in(4)) rule += "reason = true\n";
  return rule;
}

std::string some_deny(Chance& chance) {
  return "[[" + chance.one_of({"deny", "role.dev.deny", "role.ops.deny"}) + "]]\n" +
         conditions(chance) + (chance.one_in(4) ? "imports = [\"kprobe\"]\n" : "");
}

Policy merged(const Lines& rules) {
  std::vector<PolicySource> sources = {
      {"roles.toml",
       "role.dev.members = [\"alice\"]\nrole.net.members = [\"%netdev\"]\n"
       "role.ops.members = [\"bob\"]\n"}};
  for (const std::string& rule : rules) {
    sources.push_back({std::to_string(sources.size()) + ".toml", rule});
  }
  return policy_of(sources);
}

PlannedModule some_module(Chance& chance) {
  PlannedModule module =
      fresh(chance.one_of({"a", "b", "c", "d"}), chance.one_in(3) ? Why::dependency : Why::asked);
  if (chance.one_in(4)) module.state = ModuleState::loaded;
  if (module.why == Why::asked && chance.one_in(4)) {
    module.parameters.push_back({"n", chance.one_of({"5", "6"})});
  }
  if (chance.one_in(2)) module = inspected(module, chance.one_in(2) ? 0xaa : 0xab);
  if (chance.one_in(3)) module.facts.imports = {"kprobe"};
  module.own = chance.one_in(2);
  return module;
}

Plan some_plan(Chance& chance) {
  Plan plan;
  plan.action = chance.one_in(3) ? Action::unload : Action::load;
  for (std::size_t count = chance.below(3) + 1; count > 0; --count) {
    plan.modules.push_back(some_module(chance));
  }
  return plan;
}

}  // namespace

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

TEST_CASE("a verdict is a yes only where every bit of it is right") {
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
