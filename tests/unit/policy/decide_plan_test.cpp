// SPDX-License-Identifier: Apache-2.0
// Whole plans: what comes along, what is there already, what several modules ask for.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

const std::string kDev = "[role.dev]\nmembers = [\"alice\"]\n";

Policy dummy_only(const std::string& before = "", const std::string& after = "") {
  return policy_of(before + kDev + "[[role.dev.allow]]\nmodules = [\"dummy\"]\n" + after);
}

Policy dummy_listed(const std::string& modules) {
  return policy_of("[defaults]\ndependencies = \"listed\"\n" + kDev +
                   "[[role.dev.allow]]\nmodules = [" + modules + "]\n");
}

Decision decided(const Policy& policy, const Plan& plan) {
  return decide(policy, alice(), plan, some_noon());
}

}  // namespace

TEST_CASE("nothing is allowed by nobody's word") {
  const Plan plan = load_of({fresh("dummy")});
  const std::string role = "[role.dev]\nmembers = [\"bob\"]\n";
  CHECK_FALSE(allows(policy_of(""), plan));
  CHECK_FALSE(allows(policy_of(role), plan));
  CHECK_FALSE(allows(policy_of(role + "[[role.dev.allow]]\nmodules = [\"*\"]\n"), plan));
  CHECK(allows(policy_of(kDev + "[[role.dev.allow]]\nmodules = [\"*\"]\n"), plan));
  const Decision decision = decided(policy_of(""), plan);
  CHECK(decision.refusal == Outcome::denied);
  CHECK(decision.rule.text().empty());
  CHECK(decision.explanation == "no rule allows you to load dummy");
  CHECK(decision.asks.pam_services.empty());
}

TEST_CASE("a plan without a module that was asked for is denied") {
  const Policy policy = policy_of(kDev + "[[role.dev.allow]]\nmodules = [\"*\"]\n");
  CHECK_FALSE(allows(policy, Plan{}));
  CHECK_FALSE(allows(policy, unload_of({})));
  CHECK_FALSE(allows(policy, load_of({fresh("lib", Why::dependency)})));
  CHECK(allows(policy, load_of({fresh("lib")})));
}

TEST_CASE("an allowed plan names the driver's rule and what it asks") {
  const Decision decision =
      decided(dummy_only(), load_of({fresh("lib", Why::dependency), fresh("dummy")}));
  CHECK(is_allowed(decision.verdict));
  CHECK(decision.rule.text() == "p.toml:3");
  CHECK(decision.rule.role == "dev");
  CHECK(decision.explanation == "role dev may load dummy");
  CHECK(decision.asks.pam_services == std::vector<std::string>{"modgate"});
  REQUIRE(decision.modules.size() == 2);
  CHECK(is_allowed(decision.modules[0].verdict));
  CHECK(decision.modules[0].rule.text().empty());
  CHECK(decision.modules[0].explanation == "comes along: dependency");
  CHECK(decision.modules[1].rule.text() == "p.toml:3");
}

TEST_CASE("needed modules come along unless they are denied") {
  for (const Why why : {Why::dependency, Why::soft}) {
    const Plan plan = load_of({fresh("lib", why), fresh("dummy")});
    CHECK(allows(dummy_only(), plan));
    CHECK_FALSE(allows(dummy_only("[[deny]]\nmodules = [\"lib\"]\n"), plan));
    CHECK_FALSE(allows(dummy_only("", "[[role.dev.deny]]\nmodules = [\"lib\"]\n"), plan));
    CHECK(allows(dummy_only("[[deny]]\nmodules = [\"lib\"]\nactions = [\"unload\"]\n"), plan));
    CHECK(allows(dummy_only("[[deny]]\nmodules = [\"other\"]\n"), plan));
  }
}

TEST_CASE("where dependencies are listed each must be allowed itself") {
  for (const Why why : {Why::dependency, Why::soft}) {
    const Plan plan = load_of({fresh("lib", why), fresh("dummy")});
    CHECK_FALSE(allows(dummy_listed("\"dummy\""), plan));
    CHECK_FALSE(allows(dummy_listed("\"lib\""), plan));
    CHECK(allows(dummy_listed("\"dummy\", \"lib\""), plan));
    const Plan there =
        load_of({with_state(fresh("lib", why), ModuleState::loaded), fresh("dummy")});
    CHECK(allows(dummy_listed("\"dummy\""), there));
  }
}

TEST_CASE("a dependency that is there already is neither asked for nor denied") {
  const Policy policy = dummy_only("[[deny]]\nmodules = [\"lib\"]\n");
  for (const ModuleState state : {ModuleState::loaded, ModuleState::builtin}) {
    const PlannedModule lib = with_state(fresh("lib", Why::dependency), state);
    CHECK(allows(policy, load_of({lib, fresh("dummy")})));
    CHECK_FALSE(allows(policy, load_of({with_state(fresh("lib"), state), fresh("dummy")})));
  }
  CHECK_FALSE(allows(policy, load_of({fresh("lib", Why::dependency), fresh("dummy")})));
}

TEST_CASE("what comes along must come from the kernel's tree") {
  for (const Policy& policy : {policy_of(kDev + "[[role.dev.allow]]\nmodules = [\"*\"]\n"
                                                "[[role.dev.allow]]\nmodules = [\"*\"]\n"
                                                "source = \"file\"\nunpinned = true\n"),
                               policy_of("[defaults]\ndependencies = \"listed\"\n" + kDev +
                                         "[[role.dev.allow]]\nmodules = [\"*\"]\n"
                                         "[[role.dev.allow]]\nmodules = [\"*\"]\n"
                                         "source = \"file\"\nunpinned = true\n")}) {
    PlannedModule lib = fresh("lib", Why::dependency);
    CHECK(allows(policy, load_of({lib, handed_over("mine")})));
    lib.place.clear();
    CHECK_FALSE(allows(policy, load_of({lib, handed_over("mine")})));
    lib = fresh("lib", Why::dependency);
    lib.handed_over = true;
    CHECK_FALSE(allows(policy, load_of({lib, handed_over("mine")})));
  }
}

TEST_CASE("what is loaded or built in already must be allowed all the same, and asks for nothing") {
  for (const ModuleState state : {ModuleState::loaded, ModuleState::builtin}) {
    const Plan plan = load_of({with_state(fresh("dummy"), state)});
    const Decision decision = decided(dummy_only(), plan);
    CHECK(is_allowed(decision.verdict));
    CHECK(decision.asks.pam_services.empty());
    CHECK_FALSE(decision.asks.reason);
    CHECK(decision.asks.reason_met);
    CHECK_FALSE(allows(policy_of(kDev), plan));
    CHECK_FALSE(allows(dummy_only("[[deny]]\nmodules = [\"dummy\"]\n"), plan));
  }
  CHECK_FALSE(decided(dummy_only(), load_of({fresh("dummy")})).asks.pam_services.empty());
}

TEST_CASE("soft dependencies do not count where nothing would be loaded") {
  const Policy policy = dummy_only("[[deny]]\nmodules = [\"soft\"]\n");
  CHECK(allows(policy, load_of({fresh("soft", Why::soft),
                                with_state(fresh("dummy"), ModuleState::loaded)})));
  CHECK_FALSE(allows(policy, load_of({fresh("soft", Why::soft), fresh("dummy")})));
}

TEST_CASE("a command of modprobe.d in the place of a module denies the plan") {
  const auto with_command = [](PlannedModule module) {
    module.command = "/etc/modprobe.d/x.conf:3";
    return module;
  };
  const Policy policy = policy_of(
      kDev + "[[role.dev.allow]]\nmodules = [\"dummy\"]\nactions = [\"load\", \"unload\"]\n");
  const Decision decision = decided(policy, load_of({with_command(fresh("dummy"))}));
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.refusal == Outcome::denied);
  CHECK(decision.explanation ==
        "modprobe.d has a command in place of dummy at /etc/modprobe.d/x.conf:3, and commands are "
        "never run");
  const PlannedModule lib = with_command(fresh("lib", Why::dependency));
  CHECK_FALSE(allows(policy, load_of({lib, fresh("dummy")})));
  CHECK_FALSE(allows(policy, unload_of({with_command(fresh("dummy"))})));
  CHECK(allows(policy, load_of({with_state(lib, ModuleState::loaded), fresh("dummy")})));
  CHECK(allows(policy, load_of({with_state(with_command(fresh("dummy")), ModuleState::loaded)})));
}

TEST_CASE("an alias for several modules asks for each") {
  const Policy policy = policy_of(kDev + "[[role.dev.allow]]\nmodules = [\"a\", \"b\"]\n");
  CHECK(allows(policy, load_of({fresh("a"), fresh("b")})));
  CHECK_FALSE(allows(policy, load_of({fresh("a"), fresh("c")})));
  CHECK_FALSE(allows(policy, load_of({fresh("c"), fresh("a")})));
}

TEST_CASE("each module of an unload must be allowed") {
  const Policy policy =
      policy_of(kDev + "[[role.dev.allow]]\nmodules = [\"a\", \"b\"]\nactions = [\"unload\"]\n");
  CHECK(allows(policy, unload_of({fresh("a"), fresh("b")})));
  CHECK_FALSE(allows(policy, unload_of({fresh("a"), fresh("c")})));
  // Whatever state and cause the plan gives it.
  Plan plan = unload_of({fresh("a"), fresh("c")});
  plan.modules.back().why = Why::dependency;
  CHECK_FALSE(allows(policy, plan));
}

TEST_CASE("what several modules ask for is asked, each service once") {
  const Policy policy =
      policy_of(kDev +
                "[[role.dev.allow]]\nmodules = [\"a\", \"b\"]\n"
                "[[role.dev.allow]]\nmodules = [\"c\"]\npam_service = \"strict\"\n"
                "[[role.dev.allow]]\nmodules = [\"d\"]\nauthenticate = false\n"
                "[[role.dev.allow]]\nmodules = [\"e\"]\nreason = \"T-[0-9]+\"\n"
                "[[role.dev.allow]]\nmodules = [\"f\"]\nreason = true\n");
  const auto asks = [&](const std::vector<std::string>& names, const char* reason = nullptr) {
    std::vector<PlannedModule> modules;
    for (const std::string& name : names) modules.push_back(fresh(name));
    Circumstances now = some_noon();
    if (reason != nullptr) now.reason = reason;
    const Decision decision = decide(policy, alice(), load_of(modules), now);
    CHECK(is_allowed(decision.verdict));
    return decision.asks;
  };
  using Services = std::vector<std::string>;
  CHECK(asks({"a", "b"}).pam_services == Services{"modgate"});
  CHECK(asks({"a", "c", "b"}).pam_services == Services{"modgate", "strict"});
  CHECK(asks({"d"}).pam_services.empty());
  CHECK(asks({"c", "d"}).pam_services == Services{"strict"});
  CHECK_FALSE(asks({"a"}).reason);
  CHECK(asks({"a", "e"}).reason);
  CHECK_FALSE(asks({"a", "e"}).reason_met);
  CHECK(asks({"a", "e"}, "T-1").reason_met);
  CHECK(asks({"e", "f"}, "T-1").reason_met);
  CHECK_FALSE(asks({"e", "f"}, "because").reason_met);
  CHECK(asks({"a", "f"}, "because").reason_met);
}

TEST_CASE("with dependencies listed theirs is asked too, and with follow it is not") {
  const std::string rules = kDev +
                            "[[role.dev.allow]]\nmodules = [\"dummy\"]\nauthenticate = false\n"
                            "[[role.dev.allow]]\nmodules = [\"lib\"]\npam_service = \"strict\"\n";
  const Plan plan = load_of({fresh("lib", Why::dependency), fresh("dummy")});
  CHECK(decided(policy_of(rules), plan).asks.pam_services.empty());
  CHECK(decided(policy_of("[defaults]\ndependencies = \"listed\"\n" + rules), plan)
            .asks.pam_services == std::vector<std::string>{"strict"});
}
