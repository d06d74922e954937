// SPDX-License-Identifier: Apache-2.0
// Load, plan, policy test and list never disagree: tried on policies and plans made by chance.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "gate/policy/decide.h"
#include "unit/pipeline/fake_world.h"
#include "unit/policy/by_chance.h"

using namespace modgate;

namespace {

std::string policy_by_chance(Chance& chance) {
  std::string text =
      "[role.dev]\nmembers = [\"alice\"]\n[role.net]\nmembers = [\"%netdev\"]\n"
      "[role.ops]\nmembers = [\"bob\"]\n";
  for (std::size_t count = chance.below(6); count > 0; --count) {
    text += chance.one_in(3) ? some_deny(chance) : some_allow(chance);
  }
  return text;
}

struct Told {
  bool allowed = false;
  std::string rule;
};

FakeWorld world_of(const std::string& policy, const Plan& plan) {
  FakeWorld world(policy);
  world.made = plan;
  return world;
}

/// Whether the policy let a real request pass; what happens behind that is the kernel's.
Told by_doing(FakeWorld world, Request request) {
  serve(world, request);
  const bool refused = world.ended && (world.ended->outcome == Outcome::denied ||
                                       world.ended->outcome == Outcome::rejected);
  const bool recorded = !world.records.empty();
  return {!refused, recorded && !refused ? world.records.front().rule : std::string()};
}

Told by_showing(FakeWorld world, Request request, Verb verb) {
  request.verb = verb;
  serve(world, request);
  REQUIRE(world.lines.size() == 1);
  const auto plan = nlohmann::json::parse(world.lines.front())["plan"];
  CHECK(world.ended_done == (plan["decision"] == "allow"));
  CHECK(world.records.empty());
  return {plan["decision"] == "allow",
          plan["rule"].is_string() ? plan["rule"].get<std::string>() : std::string()};
}

}  // namespace

TEST_CASE("load, plan, policy test and list never disagree", "[CVE-2025-32462]") {
  int allowed = 0;
  int denied = 0;
  for (std::uint32_t seed = 0; seed < 1500; ++seed) {
    Chance chance(seed);
    const std::string policy = policy_by_chance(chance);
    Plan plan = some_plan(chance);
    plan.asked = "asked";
    if (plan.driver() == nullptr) plan.modules.back().why = Why::asked;
    const bool unloads = plan.action == Action::unload;
    Request request;
    request.verb = unloads ? Verb::unload : Verb::load;
    request.modules = {"asked"};
    request.reason = "because";
    INFO(policy);
    const Told done = by_doing(world_of(policy, plan), request);
    const Told shown =
        by_showing(world_of(policy, plan), request, unloads ? Verb::plan_unload : Verb::plan_load);
    const Told tested = by_showing(world_of(policy, plan), request,
                                   unloads ? Verb::policy_test_unload : Verb::policy_test_load);
    CHECK(done.allowed == shown.allowed);
    CHECK(tested.allowed == shown.allowed);
    CHECK(tested.rule == shown.rule);
    (done.allowed ? allowed : denied) += 1;
    if (!done.allowed) continue;
    CHECK(done.rule == shown.rule);
    FakeWorld world(policy);
    const Listing listing = list_rules(*world.policy(), world.caller());
    CHECK(std::any_of(listing.rules.begin(), listing.rules.end(), [&](const ListedRule& rule) {
      return rule.is_allow && rule.rule.text() == done.rule;
    }));
  }
  // Neither answer is the only one that was ever given.
  CHECK(allowed > 50);
  CHECK(denied > 50);
}
