// SPDX-License-Identifier: Apache-2.0
// What the index finds is what a look at every rule would find, at any size.
#include <random>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

#include "gate/policy/matching.h"

using namespace modgate;

namespace {

std::string quoted(const std::string& word) { return '"' + word + '"'; }

/// Roles of four rules each; every tenth has alice in it in one of three ways.
std::string many_roles(int roles) {
  std::string text;
  for (int role = 0; role < roles; ++role) {
    const std::string name = "r" + std::to_string(role);
    const std::string member = role % 30 == 0    ? "alice"
                               : role % 30 == 10 ? "%netdev"
                               : role % 30 == 20 ? "#1000"
                                                 : "user" + std::to_string(role);
    text += "[role." + name + "]\nmembers = [" + quoted(member) + "]\n";
    for (int rule = 0; rule < 4; ++rule) {
      text += "[[role." + name + (rule == 3 ? ".deny" : ".allow") + "]]\nmodules = [" +
              quoted("m-" + std::to_string(role) + '-' + std::to_string(rule)) + ", " +
              quoted(rule == 2 ? "g" + std::to_string(role) + "-*" : "n" + std::to_string(rule)) +
              "]\n";
    }
  }
  return text;
}

std::string number(int role, int rule) {
  return "m_" + std::to_string(role) + '_' + std::to_string(rule);
}

}  // namespace

TEST_CASE("the rules of a caller are found among many, and no others") {
  const Policy policy = policy_of(many_roles(3000));
  CHECK(policy.rules().size() == 12000);
  const auto loads = [&](const std::string& name) {
    return allows(policy, load_of({fresh(name)}));
  };
  for (const int role : {0, 10, 20, 30, 1500, 1510, 2990}) {
    CAPTURE(role);
    CHECK(loads(number(role, 0)));
    CHECK(loads(number(role, 2)));
    CHECK_FALSE(loads(number(role, 3)));
    CHECK(loads("g" + std::to_string(role) + "_x"));
  }
  for (const int role : {1, 11, 21, 1501, 2999}) {
    CAPTURE(role);
    CHECK_FALSE(loads(number(role, 0)));
    CHECK_FALSE(loads("g" + std::to_string(role) + "_x"));
  }
  CHECK(rules_for(policy, alice()).size() == 300 * 4);
  CHECK(loads("n0"));
  CHECK_FALSE(loads("n3"));
}

TEST_CASE("few rules are looked at, however many there are") {
  const auto looked_at = [](const Policy& policy, const std::string& name) {
    const std::vector<RoleNumber> roles = policy.index().roles_of(policy.roles(), alice());
    return policy.index().rules_about(policy.rules(), roles, name).size();
  };
  const Policy roles = policy_of(many_roles(2000));
  CHECK(looked_at(roles, number(0, 0)) == 1);
  CHECK(looked_at(roles, number(1, 0)) == 0);
  CHECK(looked_at(roles, "g30_x") == 1);

  std::string one = "role.one.members = [\"alice\"]\n";
  std::string denies;
  for (int rule = 0; rule < 5000; ++rule) {
    const std::string names = "]]\nmodules = [" + quoted("m-" + std::to_string(rule)) + ", " +
                              quoted("g" + std::to_string(rule) + "_*") + "]\n";
    one += "[[role.one.allow" + names;
    denies += "[[deny" + names;
  }
  for (const std::string& text : {one, denies}) {
    const Policy policy = policy_of(text);
    CHECK(looked_at(policy, "m_4999") == 1);
    CHECK(looked_at(policy, "m_5000") == 0);
    CHECK(looked_at(policy, "g77_x") == 1);
    CHECK(looked_at(policy, "g_x") == 0);
  }
}

TEST_CASE("the first of many rules in merged order is the one that is named") {
  std::string text = "role.a.members = [\"alice\"]\nrole.b.members = [\"%netdev\"]\n";
  for (int rule = 0; rule < 500; ++rule) {
    text += std::string("[[role.") + (rule % 2 == 0 ? "b" : "a") + ".allow]]\nmodules = [" +
            (rule % 3 == 0 ? "\"m*\"" : "\"m\"") + "]\n";
  }
  const Policy policy = policy_of(text);
  const Decision decision = decide(policy, alice(), load_of({fresh("m")}), some_noon());
  CHECK(decision.rule.text() == "p.toml:3");
  CHECK(decision.rule.role == "b");
}

TEST_CASE("the index leaves out no rule that is about a module") {
  std::mt19937 chance(20261205);
  const std::vector<std::string> globs = {"a",    "ab",  "a-b", "a*",  "a-*", "*",    "?",
                                          "*b",   "a?",  "b*a", "-*",  "a_b", "ab*",  "abc",
                                          "a-b*", "?-b", "b",   "**a", "b-?", "a-b-c"};
  const std::vector<std::string> names = {"a",  "b",   "ab",    "a_b", "abc",
                                          "_a", "b_a", "a_b_c", "bca"};
  for (int round = 0; round < 300; ++round) {
    std::string text =
        "role.x.members = [\"alice\"]\nrole.y.members = [\"bob\", \"#1000\"]\n"
        "role.z.members = [\"bob\"]\n";
    for (int rule = 0; rule < 6; ++rule) {
      const std::vector<std::string> headers = {"deny", "role.x.allow", "role.y.deny",
                                                "role.z.allow"};
      text += "[[" + headers[chance() % headers.size()] + "]]\n";
      if (chance() % 6 == 0) {
        text += "tree = [\"kernel/**\"]\n";
      } else {
        text += "modules = [" + quoted(globs[chance() % globs.size()]) + ", " +
                quoted(globs[chance() % globs.size()]) + "]\n";
      }
    }
    const Policy policy = policy_of(text);
    const std::vector<RoleNumber> roles = policy.index().roles_of(policy.roles(), alice());
    REQUIRE(roles == std::vector<RoleNumber>{0, 1});
    for (const std::string& name : names) {
      CAPTURE(text, name);
      const Plan plan = load_of({fresh(name)});
      std::vector<RuleNumber> about;
      for (const RuleNumber rule : policy.index().rules_about(policy.rules(), roles, name)) {
        if (is_about(policy.rules()[rule], plan, plan.modules.front())) about.push_back(rule);
      }
      std::vector<RuleNumber> all;
      for (RuleNumber rule = 0; rule < policy.rules().size(); ++rule) {
        const Rule& candidate = policy.rules()[rule];
        const bool is_own = *candidate.role_name != "z";
        if (is_own && is_about(candidate, plan, plan.modules.front())) all.push_back(rule);
      }
      REQUIRE(about == all);
    }
  }
}
