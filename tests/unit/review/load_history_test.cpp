// SPDX-License-Identifier: Apache-2.0
#include "gate/review/load_history.h"

#include "unit/review/stored.h"

using namespace modgate;

namespace {

StoredEvent event_of(const Record& record) {
  EventView event;
  REQUIRE(event.parse(sample::line_of(record)));
  auto stored = event.stored();
  REQUIRE(stored);
  return std::move(*stored);
}

Record unload() {
  Record record = sample::outcome();
  record.action = Action::unload;
  record.user = "bob";
  return record;
}

}  // namespace

TEST_CASE("the history of a module in this boot") {
  LoadHistory history("vxlan", sample::kBoot);
  CHECK_FALSE(history.loaded());
  history.add(event_of(sample::outcome()));
  REQUIRE(history.loaded());
  CHECK(history.loaded()->user == "alice");
  CHECK(history.loaded()->uid == 1000);
  CHECK(history.loaded()->time_ms == 1785492000123);
  CHECK(history.loaded()->rule == "/etc/modgate/policy.toml:12");
  CHECK(history.loaded()->reason == "NET-42");
  CHECK(history.loaded()->module.instance == 4026531845);
  CHECK_FALSE(history.unloaded());
  history.add(event_of(unload()));
  CHECK_FALSE(history.loaded());
  REQUIRE(history.unloaded());
  CHECK(history.unloaded()->user == "bob");
  history.add(event_of(sample::outcome()));
  CHECK(history.loaded());
  CHECK_FALSE(history.unloaded());
}

TEST_CASE("what did not load the module is no part of its history") {
  LoadHistory history("vxlan", sample::kBoot);
  SECTION("an intent") { history.add(event_of(sample::record(RecordKind::intent))); }
  SECTION("a refusal") { history.add(event_of(sample::denied())); }
  SECTION("another module") {
    Record other = sample::outcome();
    other.modules[1].name = "veth";
    history.add(event_of(other));
  }
  SECTION("a load that failed") {
    Record failed = sample::outcome();
    failed.modules[1].step = Step::failed;
    history.add(event_of(failed));
  }
  SECTION("another boot") {
    LoadHistory now("vxlan", "9b3a5a2a-7c0f-4b1e-9a57-3d1c7e1f9a10");
    now.add(event_of(sample::outcome()));
    CHECK_FALSE(now.loaded());
  }
  CHECK_FALSE(history.loaded());
}

TEST_CASE("a load that was undone leaves nothing loaded") {
  LoadHistory history("vxlan", sample::kBoot);
  Record undone = sample::outcome();
  undone.modules[1].step = Step::undone;
  history.add(event_of(undone));
  CHECK_FALSE(history.loaded());
}
