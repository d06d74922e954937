// SPDX-License-Identifier: Apache-2.0
#include "gate/pipeline.h"

#include <memory>

#include "catch.h"
#include "unit/pipeline/fake_world.h"

using namespace modgate;

namespace {

constexpr const char* kAllow = R"(
[role.netdev]
members = ["alice"]
[[role.netdev.allow]]
modules = ["dummy"]
actions = ["load", "unload"]
)";

constexpr const char* kDeny = R"(
[role.netdev]
members = ["alice"]
[[role.netdev.allow]]
modules = ["veth"]
)";

constexpr const char* kTwoServices = R"(
[role.netdev]
members = ["alice"]
[[role.netdev.allow]]
modules = ["dummy"]
actions = ["unload"]
[[role.netdev.allow]]
modules = ["veth"]
actions = ["unload"]
pam_service = "strict"
)";

constexpr const char* kAllowWithReason = R"(
[role.netdev]
members = ["alice"]
[[role.netdev.allow]]
modules = ["dummy"]
reason = "[A-Z]+-[0-9]+"
)";

constexpr const char* kAllowWithWitness = R"(
[[witness]]
name = "audit.example.org/w1"
url = "https://audit.example.org/w1"
key = "audit.example.org/w1+2f48c01d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
[role.netdev]
members = ["alice"]
[[role.netdev.allow]]
modules = ["dummy"]
anchor = "before-load"
)";

PlannedModule fresh(const std::string& name, Why why = Why::asked) {
  PlannedModule module;
  module.name = name;
  module.path = "/lib/modules/x/kernel/" + name + ".ko";
  module.place = "kernel/" + name;
  module.why = why;
  return module;
}

Request load_request() {
  Request request;
  request.verb = Verb::load;
  request.modules = {"dummy"};
  return request;
}

FakeWorld world_with(const char* policy) {
  FakeWorld world(policy);
  world.made.asked = "dummy";
  world.made.modules = {fresh("dummy")};
  return world;
}

/// Nothing reached the kernel, the caller was told `outcome`, and one record says so.
void check_refused(const FakeWorld& world, Outcome outcome) {
  CHECK_FALSE(world.did("carry_out"));
  CHECK_FALSE(world.ended_done);
  REQUIRE(world.ended);
  CHECK(world.ended->outcome == outcome);
  REQUIRE(world.records.size() == 1);
  CHECK(world.records.front().kind == RecordKind::refusal);
  CHECK(world.records.front().outcome == outcome);
  CHECK(world.lines.empty());
}

}  // namespace

TEST_CASE("an allowed load goes the whole way, in order, and is recorded twice") {
  FakeWorld world = world_with(kAllow);
  serve(world, load_request());

  CHECK(world.steps == std::vector<std::string>{"plan", "inspect", "authenticate:modgate",
                                                "policy_changed", "carry_out", "record"});
  CHECK(world.ended_done);
  REQUIRE(world.records.size() == 2);
  CHECK(world.records[0].kind == RecordKind::intent);
  CHECK(world.records[0].authentication == "pam:modgate");
  CHECK(world.records[1].kind == RecordKind::outcome);
  CHECK(world.records[1].outcome == Outcome::done);
  REQUIRE(world.lines.size() == 1);
  CHECK(world.lines[0].find(R"("loaded":["dummy"])") != std::string::npos);
  CHECK(world.lines[0].find(R"("record":"the-id")") != std::string::npos);
}

TEST_CASE("whatever no rule allows is denied without a password") {
  FakeWorld world = world_with(kDeny);
  serve(world, load_request());
  check_refused(world, Outcome::denied);
  CHECK_FALSE(world.did("authenticate:modgate"));
  CHECK_FALSE(world.did("inspect"));
}

TEST_CASE("each step that fails ends the request with its own word, before the kernel") {
  struct Row {
    const char* what;
    void (*break_it)(FakeWorld&);
    Outcome outcome;
  };
  const Row rows[] = {
      {"no policy", [](FakeWorld& world) { world.without_policy = true; }, Outcome::unavailable},
      {"no such module",
       [](FakeWorld& world) {
         world.plan_status = Error{Outcome::failed, "no such module"};
       },
       Outcome::failed},
      {"rejected",
       [](FakeWorld& world) {
         world.inspect_status = Error{Outcome::rejected, "no ELF"};
       },
       Outcome::rejected},
      {"wrong password",
       [](FakeWorld& world) {
         world.authenticate_status = Error{Outcome::unauthenticated, "no"};
       },
       Outcome::unauthenticated},
      {"the intent cannot be recorded",
       [](FakeWorld& world) {
         world.carry_out_status = Error{Outcome::unavailable, "disk full"};
       },
       Outcome::unavailable},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    FakeWorld world = world_with(kAllow);
    row.break_it(world);
    serve(world, load_request());
    CHECK_FALSE(world.ended_done);
    REQUIRE(world.ended);
    CHECK(world.ended->outcome == row.outcome);
    REQUIRE(world.records.size() == 1);
    CHECK(world.records.front().kind == RecordKind::refusal);
    CHECK(world.records.front().outcome == row.outcome);
  }
}

TEST_CASE("an exception in any step before the kernel is a refusal that is recorded and told") {
  for (const char* step : {"plan", "inspect", "authenticate:modgate", "policy_changed"}) {
    INFO(step);
    FakeWorld world = world_with(kAllow);
    world.throw_in = step;
    serve(world, load_request());
    check_refused(world, Outcome::unavailable);
  }
}

TEST_CASE("an exception where nothing can be recorded ends without a word of success") {
  FakeWorld world = world_with(kDeny);
  world.throw_in = "record";
  serve(world, load_request());
  CHECK_FALSE(world.ended_done);
  CHECK_FALSE(world.did("carry_out"));
}

TEST_CASE("a refusal that cannot be recorded is still a refusal") {
  FakeWorld world = world_with(kDeny);
  world.failing_records = {RecordKind::refusal};
  serve(world, load_request());
  REQUIRE(world.ended);
  CHECK(world.ended->outcome == Outcome::denied);
  CHECK(world.ended->message.find("not recorded") != std::string::npos);
}

TEST_CASE("a valid ticket spares the password, one for another service does not",
          "[GHSA-c978-wq47-pvvw][CVE-2025-64517]") {
  FakeWorld with = world_with(kAllow);
  with.tickets = {"modgate"};
  serve(with, load_request());
  CHECK(with.ended_done);
  CHECK_FALSE(with.did("authenticate:modgate"));
  CHECK(with.records.front().authentication == "ticket:modgate");

  FakeWorld without = world_with(kAllow);
  without.tickets = {"sudo"};
  serve(without, load_request());
  CHECK(without.did("authenticate:modgate"));
}

TEST_CASE("without prompts, what would need one is unauthenticated") {
  FakeWorld world = world_with(kAllow);
  Request request = load_request();
  request.interactive = false;
  serve(world, request);
  check_refused(world, Outcome::unauthenticated);
  CHECK_FALSE(world.did("authenticate:modgate"));
}

TEST_CASE("what is loaded already needs no password and asks the kernel nothing") {
  FakeWorld world = world_with(kAllow);
  world.made.modules.front().state = ModuleState::loaded;
  Request request = load_request();
  request.interactive = false;
  serve(world, request);
  CHECK(world.ended_done);
  CHECK_FALSE(world.did("carry_out"));
  REQUIRE(world.records.size() == 1);
  CHECK(world.records.front().kind == RecordKind::nothing_to_do);
}

TEST_CASE("what is loaded already is denied all the same to whom no rule allows it") {
  FakeWorld world = world_with(kDeny);
  world.made.modules.front().state = ModuleState::loaded;
  serve(world, load_request());
  check_refused(world, Outcome::denied);
}

TEST_CASE("a reason is asked for where a rule wants one, and must match") {
  FakeWorld right = world_with(kAllowWithReason);
  right.reason_given = "NET-12";
  serve(right, load_request());
  CHECK(right.ended_done);
  CHECK(right.did("ask_reason"));
  CHECK(right.records.front().reason == "NET-12");

  FakeWorld wrong = world_with(kAllowWithReason);
  wrong.reason_given = "because";
  serve(wrong, load_request());
  check_refused(wrong, Outcome::denied);

  FakeWorld given = world_with(kAllowWithReason);
  Request request = load_request();
  request.reason = "NET-13";
  serve(given, request);
  CHECK(given.ended_done);
  CHECK_FALSE(given.did("ask_reason"));

  FakeWorld silent = world_with(kAllowWithReason);
  request.reason.reset();
  request.interactive = false;
  serve(silent, request);
  check_refused(silent, Outcome::denied);
}

TEST_CASE("a policy that changes while a prompt waits decides anew") {
  FakeWorld denied = world_with(kAllow);
  denied.policy_on_change = kDeny;
  serve(denied, load_request());
  check_refused(denied, Outcome::denied);

  FakeWorld asks_more = world_with(kAllow);
  asks_more.policy_on_change = kAllowWithReason;
  serve(asks_more, load_request());
  check_refused(asks_more, Outcome::denied);
  CHECK(asks_more.ended->message == "the policy changed, try again");

  FakeWorld same = world_with(kAllow);
  same.policy_on_change = kAllow;
  serve(same, load_request());
  CHECK(same.ended_done);

  // A ticket of the policy before no longer serves.
  FakeWorld ticket = world_with(kAllow);
  ticket.tickets = {"modgate"};
  ticket.policy_on_change = kAllow;
  serve(ticket, load_request());
  check_refused(ticket, Outcome::denied);

  // Nor does one beside a password for another service.
  FakeWorld both = world_with(kTwoServices);
  both.made.action = Action::unload;
  both.made.modules = {fresh("dummy"), fresh("veth")};
  for (PlannedModule& module : both.made.modules) module.state = ModuleState::loaded;
  both.tickets = {"modgate"};
  both.policy_on_change = kTwoServices;
  Request unload = load_request();
  unload.verb = Verb::unload;
  serve(both, unload);
  CHECK(both.did("authenticate:strict"));
  check_refused(both, Outcome::denied);
}

TEST_CASE("the kernel's no is the outcome, recorded after the intent") {
  FakeWorld world = world_with(kAllow);
  world.kernel_answer.modules = {{Step::failed, EIO, 0}};
  serve(world, load_request());
  CHECK_FALSE(world.ended_done);
  REQUIRE(world.ended);
  CHECK(world.ended->outcome == Outcome::failed);
  REQUIRE(world.records.size() == 2);
  CHECK(world.records[1].kind == RecordKind::outcome);
  CHECK(world.records[1].outcome == Outcome::failed);
  CHECK(world.records[1].code == "EIO");
}

TEST_CASE(
    "a soft dependency that the kernel refuses is recorded and fails nothing; a hard one does") {
  FakeWorld soft = world_with(kAllow);
  soft.made.modules = {fresh("veth", Why::soft), fresh("dummy")};
  soft.kernel_answer.modules = {{Step::failed, EIO, 0}, {Step::done, 0, 5}};
  serve(soft, load_request());
  CHECK(soft.ended_done);
  CHECK(soft.records[1].modules[0].step == Step::failed);

  FakeWorld hard = world_with(kAllow);
  hard.made.modules = {fresh("veth", Why::dependency), fresh("dummy")};
  hard.kernel_answer.modules = {{Step::failed, EIO, 0}, {}};
  serve(hard, load_request());
  REQUIRE(hard.ended);
  CHECK(hard.ended->outcome == Outcome::failed);
}

TEST_CASE("done but not recorded is not told as done") {
  FakeWorld world = world_with(kAllow);
  world.failing_records = {RecordKind::outcome};
  serve(world, load_request());
  CHECK_FALSE(world.ended_done);
  REQUIRE(world.ended);
  CHECK(world.ended->outcome == Outcome::failed);
}

TEST_CASE("a loader that dies is a failure, whatever it did before") {
  FakeWorld world = world_with(kAllow);
  world.kernel_answer.modules = {{Step::done, 0, 0}};
  world.kernel_answer.trouble = "the loader died";
  serve(world, load_request());
  REQUIRE(world.ended);
  CHECK(world.ended->outcome == Outcome::failed);
  CHECK(world.records[1].outcome == Outcome::failed);
}

TEST_CASE("unload: what is not loaded or built in fails before the kernel is asked") {
  for (const ModuleState state : {ModuleState::fresh, ModuleState::builtin}) {
    FakeWorld world = world_with(kAllow);
    world.made.action = Action::unload;
    world.made.modules.front().state = state;
    Request request = load_request();
    request.verb = Verb::unload;
    serve(world, request);
    check_refused(world, Outcome::failed);
  }
  FakeWorld world = world_with(kAllow);
  world.made.action = Action::unload;
  world.made.modules.front().state = ModuleState::loaded;
  Request request = load_request();
  request.verb = Verb::unload;
  serve(world, request);
  CHECK(world.ended_done);
  CHECK_FALSE(world.did("inspect"));
  CHECK(world.lines[0].find(R"("unloaded":["dummy"])") != std::string::npos);
}

TEST_CASE("plan takes the same way, asks nothing, records nothing and changes nothing") {
  FakeWorld allowed = world_with(kAllow);
  Request request = load_request();
  request.verb = Verb::plan_load;
  serve(allowed, request);
  CHECK(allowed.ended_done);
  CHECK(allowed.steps == std::vector<std::string>{"plan", "inspect"});
  CHECK(allowed.records.empty());
  REQUIRE(allowed.lines.size() == 1);
  CHECK(allowed.lines[0].find(R"("asks":["authenticate"])") != std::string::npos);

  FakeWorld denied = world_with(kDeny);
  serve(denied, request);
  CHECK_FALSE(denied.ended_done);
  CHECK(denied.ended->outcome == Outcome::denied);
  CHECK(denied.records.empty());
  CHECK(denied.lines[0].find(R"("decision":"deny")") != std::string::npos);
}

TEST_CASE("the intent says that a witness must acknowledge it, where the rule does") {
  FakeWorld world = world_with(kAllowWithWitness);
  serve(world, load_request());
  REQUIRE_FALSE(world.records.empty());
  CHECK(world.records[0].kind == RecordKind::intent);
  CHECK(world.records[0].anchor);
  FakeWorld other = world_with(kAllow);
  serve(other, load_request());
  REQUIRE_FALSE(other.records.empty());
  CHECK(other.records[0].kind == RecordKind::intent);
  CHECK_FALSE(other.records[0].anchor);
}
