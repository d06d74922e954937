// SPDX-License-Identifier: Apache-2.0
// The story of a module that its caller hands over: what is looked at, what is decided, what is
// asked.
#include <string>

#include "catch.h"
#include "gate/pipeline.h"
#include "unit/pipeline/fake_world.h"

using namespace modgate;

namespace {

const std::string kRole = "[role.dev]\nmembers = [\"alice\"]\n";

std::string file_rule(const std::string& more) {
  return "[[role.dev.allow]]\nsource = \"file\"\nmodules = [\"mydrv\"]\nunpinned = true\n" + more;
}

std::string tree_rule(const std::string& more) {
  return "[[role.dev.allow]]\nmodules = [\"mydrv\"]\n" + more;
}

PlannedModule handed_over() {
  PlannedModule module;
  module.name = "mydrv";
  module.path = "./mydrv.ko";
  module.handed_over = true;
  module.inspected = true;
  return module;
}

Request request_for(Verb verb) {
  Request request;
  request.verb = verb;
  request.handed_over = true;
  request.file_label = "./mydrv.ko";
  return request;
}

FakeWorld world_of(const std::string& rules, PlannedModule module) {
  FakeWorld world(kRole + rules);
  world.made.asked = "./mydrv.ko";
  world.made.modules = {std::move(module)};
  return world;
}

/// How the request ended for the caller; done where nothing refused it.
Outcome after(FakeWorld& world, Verb verb) {
  serve(world, request_for(verb));
  return world.ended ? world.ended->outcome : Outcome::done;
}

PlannedModule replacing(bool own) {
  PlannedModule module = handed_over();
  module.replaces = true;
  module.own = own;
  return module;
}

}  // namespace

TEST_CASE("a file is looked into for a caller with a rule for files, and for no other") {
  FakeWorld allowed = world_of(file_rule(""), handed_over());
  CHECK(after(allowed, Verb::load) == Outcome::done);
  for (const Record& record : allowed.records) CHECK_FALSE(record.reload);
  CHECK(allowed.did("plan"));
  CHECK(allowed.did("carry_out"));
  for (const std::string& rules :
       {std::string(), tree_rule(""), file_rule("actions = [\"unload\"]\n"),
        std::string("[role.other]\nmembers = [\"bob\"]\n[[role.other.allow]]\nsource = \"file\"\n"
                    "modules = [\"mydrv\"]\nunpinned = true\n")}) {
    for (const Verb verb : {Verb::load, Verb::reload, Verb::plan_load}) {
      FakeWorld denied = world_of(rules, handed_over());
      INFO(rules);
      CHECK(after(denied, verb) == Outcome::denied);
      CHECK_FALSE(denied.did("plan"));
      CHECK_FALSE(denied.did("carry_out"));
    }
  }
}

TEST_CASE(
    "what is loaded under the name is the same or the request fails, for those who may load") {
  PlannedModule same = handed_over();
  same.state = ModuleState::loaded;
  FakeWorld there = world_of(file_rule(""), same);
  CHECK(after(there, Verb::load) == Outcome::done);
  CHECK_FALSE(there.did("carry_out"));

  PlannedModule other = same;
  other.other_bytes = true;
  FakeWorld differs = world_of(file_rule(""), other);
  CHECK(after(differs, Verb::load) == Outcome::failed);
  CHECK_FALSE(differs.did("carry_out"));
  CHECK_THAT(differs.ended->message, Catch::Matchers::ContainsSubstring("other bytes are loaded"));

  FakeWorld denied = world_of(file_rule("") + "[[deny]]\nmodules = [\"mydrv\"]\n", other);
  CHECK(after(denied, Verb::load) == Outcome::denied);
}

TEST_CASE("a reload needs both actions") {
  FakeWorld both =
      world_of(file_rule("") + tree_rule("actions = [\"unload\"]\n"), replacing(false));
  CHECK(after(both, Verb::reload) == Outcome::done);
  CHECK(both.did("carry_out"));
  REQUIRE(both.records.size() == 2);
  CHECK((both.records[0].reload && both.records[1].reload));
  FakeWorld own =
      world_of(file_rule("") + tree_rule("actions = [\"unload-own\"]\n"), replacing(true));
  CHECK(after(own, Verb::reload) == Outcome::done);

  FakeWorld one_rule = world_of(file_rule("actions = [\"load\", \"unload\"]\n"), replacing(false));
  CHECK(after(one_rule, Verb::reload) == Outcome::done);

  FakeWorld others =
      world_of(file_rule("") + tree_rule("actions = [\"unload-own\"]\n"), replacing(false));
  CHECK(after(others, Verb::reload) == Outcome::denied);
  FakeWorld load_alone = world_of(file_rule(""), replacing(true));
  CHECK(after(load_alone, Verb::reload) == Outcome::denied);
  FakeWorld forbidden = world_of(file_rule("") + tree_rule("actions = [\"unload\"]\n") +
                                     "[[deny]]\nmodules = [\"mydrv\"]\nactions = [\"unload\"]\n",
                                 replacing(true));
  CHECK(after(forbidden, Verb::reload) == Outcome::denied);
  for (const FakeWorld* world : {&others, &load_alone, &forbidden}) {
    CHECK_FALSE(world->did("carry_out"));
    REQUIRE(world->records.size() == 1);
    CHECK(world->records[0].reload);
  }
}

TEST_CASE("a reload asks for what either action asks for") {
  const std::string rules =
      file_rule("authenticate = false\n") +
      tree_rule("actions = [\"unload\"]\npam_service = \"strict\"\nreason = true\n");
  FakeWorld world = world_of(rules, replacing(false));
  world.reason_given = "because";
  CHECK(after(world, Verb::reload) == Outcome::done);
  CHECK(world.did("ask_reason"));
  CHECK(world.did("authenticate:strict"));

  FakeWorld refused = world_of(rules, replacing(false));
  refused.reason_given = "because";
  refused.authenticate_status = Error{Outcome::unauthenticated, "no"};
  CHECK(after(refused, Verb::reload) == Outcome::unauthenticated);
  CHECK_FALSE(refused.did("carry_out"));

  // Where nothing is loaded it is a load, and asks for that alone.
  FakeWorld fresh = world_of(rules, handed_over());
  CHECK(after(fresh, Verb::reload) == Outcome::done);
  CHECK_FALSE(fresh.did("ask_reason"));
  CHECK_FALSE(fresh.did("authenticate:strict"));
}
