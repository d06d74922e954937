// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

struct Row {
  std::string params;
  std::string name;
  std::string value;
  bool allowed;
};

}  // namespace

TEST_CASE("a parameter has a name and a value that the rule allows") {
  const Row row = GENERATE(values<Row>({
      // What no rule names.
      {"", "n", "1", false},
      {"params.m = \"none\"", "n", "1", false},
      {"params.m.n = { int = [0, 9] }", "n", "1", true},
      {"params.m.n = { int = [0, 9] }", "o", "1", false},
      {"params.other.n = { int = [0, 9] }", "n", "1", false},
      // Numbers.
      {"params.m.n = { int = [0, 64] }", "n", "0", true},
      {"params.m.n = { int = [0, 64] }", "n", "64", true},
      {"params.m.n = { int = [0, 64] }", "n", "65", false},
      {"params.m.n = { int = [0, 64] }", "n", "-1", false},
      {"params.m.n = { int = [-5, 5] }", "n", "-5", true},
      {"params.m.n = { int = [-5, 5] }", "n", "-6", false},
      {"params.m.n = { int = [-5, 5] }", "n", "-0", false},
      {"params.m.n = { int = [0, 64] }", "n", "", false},
      {"params.m.n = { int = [0, 64] }", "n", "-", false},
      {"params.m.n = { int = [0, 64] }", "n", "+1", false},
      {"params.m.n = { int = [0, 64] }", "n", "010", false},
      {"params.m.n = { int = [0, 64] }", "n", "0x10", false},
      {"params.m.n = { int = [0, 64] }", "n", "1,2", false},
      {"params.m.n = { int = [0, 64] }", "n", "1 ", false},
      {"params.m.n = { int = [0, 64] }", "n", "1.0", false},
      {"params.m.n = { int = [0, 9223372036854775807] }", "n", "9223372036854775807", true},
      {"params.m.n = { int = [0, 9223372036854775807] }", "n", "9223372036854775808", false},
      {"params.m.n = { int = [-9223372036854775808, 0] }", "n", "-9223372036854775808", true},
      {"params.m.n = { int = [-9223372036854775808, 0] }", "n", "-9223372036854775809", false},
      // One of several.
      {"params.m.n = { enum = [\"safe\", \"fast\"] }", "n", "fast", true},
      {"params.m.n = { enum = [\"safe\", \"fast\"] }", "n", "faster", false},
      {"params.m.n = { enum = [\"safe\", \"fast\"] }", "n", "FAST", false},
      {"params.m.n = { enum = [\"safe\", \"fast\"] }", "n", "", false},
      // Patterns match the whole value.
      {"params.m.n = { match = \"[a-z]{1,4}\" }", "n", "abcd", true},
      {"params.m.n = { match = \"[a-z]{1,4}\" }", "n", "abcde", false},
      {"params.m.n = { match = \"[a-z]{1,4}\" }", "n", "abc1", false},
      {"params.m.n = { match = \"a|b\" }", "n", "ab", false},
      {"params.m.n = { match = \"a|b\" }", "n", "b", true},
      {"params.m.n = { match = \"(?s).*\" }", "n", "plain", true},
      // What the kernel's parser would give a meaning of its own, whatever the rule says.
      {"params.m.n = { match = \"(?s).*\" }", "n", "a b", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "a\tb", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "a\nb", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "\"a\"", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "'a'", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "a\x7f", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", std::string("a\0b", 3), false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "\xc3\xa4", false},
      {"params.m.n = { match = \"(?s).*\" }", "n", "\xff", false},
      // '-' and '_' are the same.
      {"params.m.a-b = { int = [0, 9] }", "a_b", "1", true},
      {"params.m.a_b = { int = [0, 9] }", "a-b", "1", true},
      {"params.m.a_b = { int = [0, 9] }", "ab", "1", false},
      // Those of the kernel itself are parameters like any other.
      {"", "async_probe", "1", false},
      {"", "dyndbg", "+p", false},
      {"params.m.async_probe = { enum = [\"1\"] }", "async_probe", "1", true},
      {"params.m.dyndbg = { enum = [\"+p\"] }", "dyndbg", "+p", true},
      // Several entries about one module: "none" is none, and who names a parameter must agree.
      {"params.\"*\".n = { int = [0, 9] }", "n", "1", true},
      {"params.\"*\".n = { int = [0, 9] }\nparams.m = \"none\"", "n", "1", false},
      {"params.\"*\".n = { int = [0, 9] }\nparams.m.n = { int = [0, 4] }", "n", "4", true},
      {"params.\"*\".n = { int = [0, 9] }\nparams.m.n = { int = [0, 4] }", "n", "5", false},
  }));
  CAPTURE(row.params, row.name, row.value);
  const Policy policy = allow_rule("modules = [\"m\"]\n" + row.params + "\n");
  const Plan plan = load_of({with_parameter(fresh("m"), row.name, row.value)});
  const Decision decision = decide(policy, alice(), plan, some_noon());
  CHECK(is_allowed(decision.verdict) == row.allowed);
  CHECK(decision.refusal == Outcome::denied);
  CHECK(allows(policy, load_of({fresh("m")})));
}

TEST_CASE("every occurrence of a parameter must be allowed") {
  const Policy policy = allow_rule("modules = [\"m\"]\nparams.m.n = { int = [0, 9] }\n");
  const auto twice = [](const std::string& first, const std::string& second) {
    return load_of({with_parameter(with_parameter(fresh("m"), "n", first), "n", second)});
  };
  CHECK(allows(policy, twice("1", "9")));
  CHECK_FALSE(allows(policy, twice("1", "10")));
  CHECK_FALSE(allows(policy, twice("10", "1")));
}

TEST_CASE("all parameters must be allowed by the rule that allows the module") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"m\"]\nparams.m.a = { int = [0, 9] }\n"
      "[[role.dev.allow]]\nmodules = [\"m\"]\nparams.m.b = { int = [0, 9] }\n"
      "[[role.dev.allow]]\nmodules = [\"n\"]\nparams.m.c = { int = [0, 9] }\n");
  CHECK(allows(policy, load_of({with_parameter(fresh("m"), "a", "1")})));
  CHECK(allows(policy, load_of({with_parameter(fresh("m"), "b", "1")})));
  CHECK_FALSE(allows(policy, load_of({with_parameter(fresh("m"), "c", "1")})));
  CHECK_FALSE(
      allows(policy, load_of({with_parameter(with_parameter(fresh("m"), "a", "1"), "b", "1")})));
}

TEST_CASE("a parameter must be one that the module declares, once that is known") {
  const Policy policy = allow_rule(
      "modules = [\"m\"]\n"
      "params.m = { n = { int = [0, 9] }, async_probe = { enum = [\"1\"] } }\n");
  const auto plan = [](const std::string& name, bool is_inspected, bool declared) {
    PlannedModule module = with_parameter(fresh("m"), name, "1");
    if (is_inspected) module = inspected(module);
    module.facts.declared = {declared};
    return load_of({module});
  };
  CHECK(allows(policy, plan("n", false, false)));
  CHECK(allows(policy, plan("n", true, true)));
  CHECK(allows(policy, plan("async_probe", true, false)));
  const Decision decision = decide(policy, alice(), plan("n", true, false), some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.refusal == Outcome::denied);
  CHECK(decision.explanation == "not allowed to load m: the module declares no parameter n");
  Plan without_facts = plan("n", true, true);
  without_facts.modules.front().facts.declared.clear();
  CHECK_FALSE(allows(policy, without_facts));
}

TEST_CASE("parameters of what is there already must be allowed all the same") {
  const Policy policy = allow_rule("modules = [\"m\"]\nparams.m.n = { int = [0, 9] }\n");
  const auto plan = [](const std::string& value) {
    return load_of({with_state(with_parameter(fresh("m"), "n", value), ModuleState::loaded)});
  };
  CHECK(allows(policy, plan("9")));
  CHECK_FALSE(allows(policy, plan("10")));
}
