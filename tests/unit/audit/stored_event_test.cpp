// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/stored_event.h"

#include "catch.h"
#include "gate/audit/gate_loads.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

std::string line_of(const Record& record) {
  const Peer peer = sample::alice();
  return render_event(record, &peer, sample::stamp(), sample::origin()).line;
}

}  // namespace

TEST_CASE("what is stored comes back") {
  StoredLine line;
  REQUIRE(line.parse(line_of(sample::outcome())));
  const auto event = line.event();
  REQUIRE(event);
  CHECK(event->head.sequence == 7);
  CHECK(event->head.prev == std::string(64, '0'));
  CHECK(event->head.kind == "outcome");
  CHECK(event->head.boot_id == sample::kBoot);
  CHECK(event->head.correlation_uid == sample::kCorrelation);
  const Record want = sample::outcome();
  const Record& got = event->record;
  CHECK(got.kind == want.kind);
  CHECK(got.time_ns == want.time_ns / 1'000'000 * 1'000'000);
  CHECK(got.outcome == want.outcome);
  CHECK(got.asked == want.asked);
  CHECK(got.driver == want.driver);
  CHECK(got.role == want.role);
  CHECK(got.rule == want.rule);
  CHECK(got.policy_digest == want.policy_digest);
  CHECK(got.reason == want.reason);
  CHECK(got.authentication == want.authentication);
  CHECK(got.user == want.user);
  REQUIRE(got.groups.size() == 2);
  CHECK(got.groups[1].gid == 1001);
  REQUIRE(got.modules.size() == 2);
  CHECK(got.modules[1].name == "vxlan");
  CHECK(got.modules[1].file == want.modules[1].file);
  CHECK(got.modules[1].sha256 == want.modules[1].sha256);
  CHECK(got.modules[1].size == want.modules[1].size);
  CHECK(got.modules[1].signer == "kernel");
  CHECK(got.modules[1].parameters == "log_ecn_error=1");
  CHECK(got.modules[0].why == Why::dependency);
  CHECK(got.modules[1].step == Step::done);
  CHECK(got.modules[1].instance == want.modules[1].instance);
  const Peer alice = sample::alice();
  CHECK(event->peer.uid == alice.uid);
  CHECK(event->peer.login_uid == alice.login_uid);
  CHECK(event->peer.audit_session == alice.audit_session);
  CHECK(event->peer.process.pid == alice.process.pid);
  CHECK(event->peer.process.terminal == alice.process.terminal);
  CHECK(event->peer.process.parent_name == alice.process.parent_name);
}

TEST_CASE("of a stored reload it is known that it was one") {
  for (const bool reload : {false, true}) {
    Record record = sample::record(RecordKind::intent);
    record.reload = reload;
    StoredLine line;
    REQUIRE(line.parse(line_of(record)));
    CHECK(line.event()->record.reload == reload);
  }
}

TEST_CASE("what is no event is none") {
  StoredLine line;
  for (const char* text : {"", "x", "[]", "1", "{", "{}{}", "{\"a\":1", "\xff"}) {
    INFO(text);
    CHECK_FALSE(line.parse(text));
  }
  REQUIRE(line.parse("{}"));
  CHECK_FALSE(line.head());
  CHECK_FALSE(line.event());
  REQUIRE(
      line.parse(R"({"metadata":{"sequence":-1},"unmapped":{"modgate":{"chain":{"prev":"0"}}}})"));
  CHECK_FALSE(line.head());
}

TEST_CASE("numbers out of range are no numbers") {
  StoredLine line;
  REQUIRE(line.parse(R"({"class_uid":1002,"time":18446744073709551615,"metadata":{"sequence":1},
    "actor":{"process":{"pid":99999999999999}},
    "unmapped":{"modgate":{"kind":"outcome","chain":{"prev":")" +
                     std::string(64, '0') + R"("},"modules":[{"errno":99999999999},7]}}})"));
  const auto event = line.event();
  REQUIRE(event);
  CHECK(event->record.time_ns == 0);
  CHECK(event->peer.process.pid == 0);
  CHECK(event->record.modules.at(0).code == 0);
}

TEST_CASE("the gate knows what it loaded and did not unload") {
  GateLoads loads;
  loads.apply(sample::record(RecordKind::intent), 1000, "a");
  CHECK(loads.all().empty());
  loads.apply(sample::outcome(), 1000, "b");
  REQUIRE(loads.all().size() == 2);
  const GateLoad vxlan = loads.all()[1];
  CHECK(vxlan.name == "vxlan");
  CHECK(vxlan.user == "alice");
  CHECK(vxlan.uid == 1000);
  CHECK(vxlan.record == "b");
  CHECK(vxlan.rule == "/etc/modgate/policy.toml:12");
  CHECK(vxlan.since_ms == 1785492000123);
  CHECK(vxlan.sha256 == sample::digest(2));
  CHECK(vxlan.instance == 4026531845);

  Record unload = sample::outcome();
  unload.action = Action::unload;
  unload.modules[0].step = Step::failed;
  loads.apply(unload, 1001, "c");
  REQUIRE(loads.all().size() == 1);
  CHECK(loads.all()[0].name == "udp_tunnel");
}

TEST_CASE("a load that was taken back, skipped or refused is not the gate's") {
  for (const Step step : {Step::undone, Step::skipped, Step::failed, Step::none}) {
    GateLoads loads;
    Record record = sample::outcome();
    record.modules[0].step = step;
    loads.apply(record, 1000, "a");
    CHECK(loads.all().size() == 1);
  }
}
