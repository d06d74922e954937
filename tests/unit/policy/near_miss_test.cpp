// SPDX-License-Identifier: Apache-2.0
// Where no rule allows something, the caller is told of the rule that comes nearest.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

std::string told(const Policy& policy, const Plan& plan) {
  const Decision decision = decide(policy, alice(), plan, some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.rule.text().empty());
  REQUIRE(decision.modules.size() == plan.modules.size());
  CHECK(decision.modules.back().explanation == decision.explanation);
  return decision.explanation;
}

}  // namespace

TEST_CASE("a refusal for want of a rule names the nearest and what it is for") {
  struct Row {
    std::string keys;
    Plan plan;
    std::string near;
  };
  const std::string file = "modules = [\"m\"]\nsource = \"file\"\nunpinned = true\n";
  const Row row = GENERATE_COPY(values<Row>({
      {"modules = [\"m\"]\nactions = [\"unload\"]", load_of({fresh("m")}),
       "p.toml:3, which is for unload only"},
      {"modules = [\"m\"]\nactions = [\"unload-own\"]", load_of({fresh("m")}),
       "p.toml:3, which is for unload-own only"},
      {"modules = [\"m*\"]", unload_of({fresh("m")}), "p.toml:3, which is for load only"},
      {"modules = [\"m\"]\nactions = [\"load\", \"unload-own\"]", unload_of({fresh("m")}),
       "p.toml:3, which is for unload of what you loaded yourself through the gate"},
      {file, load_of({fresh("m")}), "p.toml:3, which is for modules that you hand over as a file"},
      {"modules = [\"m\"]", load_of({handed_over("m")}),
       "p.toml:3, which is for modules of the kernel's tree"},
      {"modules = [\"m\"]\ntree = [\"kernel/fs/*\"]", load_of({fresh("m")}),
       "p.toml:3, which is for other places of the kernel's tree"},
      {"tree = [\"kernel/drivers/**\"]\nactions = [\"unload\"]", load_of({fresh("m")}),
       "p.toml:3, which is for unload only"},
      {file + "actions = [\"unload\"]", load_of({fresh("m")}),
       "p.toml:3, which is for unload only, and is for modules that you hand over as a file"},
      {"modules = [\"n\"]\nactions = [\"unload\"]", load_of({fresh("m")}), ""},
      {"tree = [\"kernel/fs/**\"]\nactions = [\"unload\"]", load_of({fresh("m")}), ""},
  }));
  CAPTURE(row.keys);
  CHECK(told(allow_rule(row.keys), row.plan) ==
        "no rule allows you to " + std::string(word(row.plan.action)) + " m" +
            (row.near.empty() ? "" : "; nearest: " + row.near));
}

TEST_CASE("nearest is the rule with the fewest obstacles, then the first") {
  const std::string dev = "[role.dev]\nmembers = [\"alice\"]\n";
  const std::string far =
      "[[role.dev.allow]]\nmodules = [\"m\"]\nsource = \"file\"\nunpinned = true\n"
      "actions = [\"unload\"]\n";
  const std::string near = "[[role.dev.allow]]\nmodules = [\"m\"]\nactions = [\"unload\"]\n";
  const Plan plan = load_of({fresh("m")});
  CHECK(told(policy_of(dev + far + near), plan) ==
        "no rule allows you to load m; nearest: p.toml:8, which is for unload only");
  CHECK(told(policy_of(dev + near + near), plan) ==
        "no rule allows you to load m; nearest: p.toml:3, which is for unload only");
}

TEST_CASE("no rule of somebody else's role is ever named, nor what it allows") {
  const std::string dev = "[role.dev]\nmembers = [\"alice\"]\n";
  const std::string ops = "[role.ops]\nmembers = [\"bob\"]\n";
  const std::string rule = ".allow]]\nmodules = [\"m\"]\nactions = [\"unload\"]\n";
  const Plan plan = load_of({fresh("m")});
  CHECK(told(policy_of(dev + ops + "[[role.ops" + rule), plan) == "no rule allows you to load m");
  CHECK(told(policy_of(dev + ops + "[[role.dev" + rule), plan) != "no rule allows you to load m");
  CHECK(told(policy_of(dev + ops + "[[role.ops" + rule + "[[role.dev" + rule), plan) ==
        "no rule allows you to load m; nearest: p.toml:8, which is for unload only");
}

TEST_CASE("a deny for something else is not near") {
  CHECK(told(policy_of("[role.dev]\nmembers = [\"alice\"]\n"
                       "[[deny]]\nmodules = [\"m\"]\nactions = [\"unload\"]\n"),
             load_of({fresh("m")})) == "no rule allows you to load m");
}

TEST_CASE("where dependencies are listed, the refused one is explained") {
  const Policy policy = policy_of(
      "[defaults]\ndependencies = \"listed\"\n[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"m\"]\n"
      "[[role.dev.allow]]\nmodules = [\"lib\"]\nactions = [\"unload\"]\n");
  const Decision decision =
      decide(policy, alice(), load_of({fresh("lib", Why::dependency), fresh("m")}), some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.explanation ==
        "no rule allows you to load lib; nearest: p.toml:7, which is for unload only");
}
