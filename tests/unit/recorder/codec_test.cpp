// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/wire/fields.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

/// A message with one field changed, added or (nullptr) taken out.
std::string changed(const std::string& message, const std::string& key, const char* value) {
  auto fields = Fields::decode(message, kRecordBytes, 64);
  REQUIRE(fields);
  Fields result;
  for (const auto& [name, text] : fields->all()) {
    if (name != key) result.add(name, text);
  }
  if (value != nullptr) result.add(key, value);
  return result.encode();
}

}  // namespace

TEST_CASE("a record comes back as it was sent") {
  Record record = sample::outcome();
  record.outcome = Outcome::failed;
  record.code = "ENOEXEC";
  record.modules[0].state = ModuleState::builtin;
  record.modules[0].sha256.reset();
  record.modules[1].why = Why::soft;
  record.modules[1].step = Step::undone;
  record.modules[1].code = 8;
  record.modules[1].instance = UINT64_MAX;
  record.reason = "line\nbreak \xff";
  record.action = Action::unload;
  record.reload = true;
  record.anchor = true;
  auto message = encode_record(record, false);
  REQUIRE(message);
  auto posted = decode_record(*message);
  REQUIRE(posted);
  CHECK_FALSE(posted->wants_receipt);
  const Record& got = posted->record;
  CHECK(got.kind == record.kind);
  CHECK(got.time_ns == record.time_ns);
  CHECK(got.outcome == record.outcome);
  CHECK(got.action == record.action);
  CHECK(got.reload);
  CHECK(got.asked == record.asked);
  CHECK(got.driver == record.driver);
  CHECK(got.appeared == record.appeared);
  CHECK(got.role == record.role);
  CHECK(got.rule == record.rule);
  CHECK(got.policy_digest == record.policy_digest);
  CHECK(got.reason == record.reason);
  CHECK(got.anchor);
  CHECK(got.authentication == record.authentication);
  CHECK(got.message == record.message);
  CHECK(got.code == record.code);
  CHECK(got.taint_before == record.taint_before);
  CHECK(got.taint_after == record.taint_after);
  CHECK(got.duration_us == record.duration_us);
  CHECK(got.user == record.user);
  REQUIRE(got.groups.size() == 2);
  CHECK(got.groups[1].gid == 1001);
  CHECK(got.groups[1].name == "netops");
  REQUIRE(got.modules.size() == 2);
  CHECK(got.modules[0].state == ModuleState::builtin);
  CHECK_FALSE(got.modules[0].sha256);
  CHECK(got.modules[1].sha256 == record.modules[1].sha256);
  CHECK(got.modules[1].why == Why::soft);
  CHECK(got.modules[1].step == Step::undone);
  CHECK(got.modules[1].code == 8);
  CHECK(got.modules[1].instance == UINT64_MAX);
  CHECK(got.modules[1].size == 57344);
  CHECK(got.modules[1].parameters == "log_ecn_error=1");
}

TEST_CASE("a record that is not quite one is none") {
  const std::string good = *encode_record(sample::outcome());
  REQUIRE(decode_record(good));
  struct Row {
    const char* key;
    const char* value;
  };
  for (const Row& row : std::vector<Row>{{"kind", "12"},
                                         {"kind", nullptr},
                                         {"kind", "-1"},
                                         {"kind", "01"},
                                         {"outcome", "7"},
                                         {"action", "2"},
                                         {"reload", "2"},
                                         {"reload", nullptr},
                                         {"receipt", "2"},
                                         {"outcome_unknown", ""},
                                         {"time_ns", "9223372036854775808"},
                                         {"count", "4294967296"},
                                         {"modules", "3:abc"},
                                         {"modules", "x"},
                                         {"groups", "3:1:1"},
                                         {"taint_before", "x"},
                                         {"extra", "1"},
                                         {"what", "open"},
                                         {"user", nullptr}}) {
    INFO(row.key << '=' << (row.value == nullptr ? "(none)" : row.value));
    CHECK_FALSE(decode_record(changed(good, row.key, row.value)));
  }
  CHECK(decode_record(changed(good, "taint_before", nullptr)));
  CHECK_FALSE(decode_record(""));
  CHECK_FALSE(decode_record(good.substr(0, good.size() - 1)));
}

TEST_CASE("lists and messages have an end") {
  Record record = sample::outcome();
  record.modules.assign(Limits::plan_modules, record.modules[0]);
  REQUIRE(encode_record(record));
  CHECK(decode_record(*encode_record(record)));
  record.modules.push_back(record.modules[0]);
  CHECK_FALSE(decode_record(*encode_record(record)));
  record = sample::outcome();
  record.groups.assign(5000, {1, "many"});
  CHECK(decode_record(*encode_record(record))->record.groups.size() == 256);
  record.reason = std::string(kRecordBytes, 'x');
  CHECK_FALSE(encode_record(record));
  record.reason = std::string("a\0b", 3);
  CHECK_FALSE(encode_record(record));
}

TEST_CASE("a peer comes back as it was sent") {
  Peer peer = sample::alice();
  peer.session = {LoginSession::Kind::terminal, 34816, 12345};
  peer.process.name = "a\nb\xff";
  auto opened = decode_open(*encode_open(peer, sample::kCorrelation));
  REQUIRE(opened);
  CHECK(opened->correlation_uid == sample::kCorrelation);
  CHECK(opened->peer.uid == peer.uid);
  CHECK(opened->peer.gid == peer.gid);
  CHECK(opened->peer.login_uid == peer.login_uid);
  CHECK(opened->peer.audit_session == peer.audit_session);
  CHECK(opened->peer.session == peer.session);
  CHECK(opened->peer.process.pid == peer.process.pid);
  CHECK(opened->peer.process.name == peer.process.name);
  CHECK(opened->peer.process.started_ms == peer.process.started_ms);
  CHECK(opened->peer.process.terminal == peer.process.terminal);
  CHECK(opened->peer.process.parent_pid == peer.process.parent_pid);
  CHECK(opened->peer.process.parent_name == peer.process.parent_name);
  peer.login_uid.reset();
  peer.audit_session.reset();
  opened = decode_open(*encode_open(peer, sample::kCorrelation));
  REQUIRE(opened);
  CHECK_FALSE(opened->peer.login_uid);
  CHECK_FALSE(opened->peer.audit_session);
}

TEST_CASE("a connection without a proper id is none") {
  const std::string good = *encode_open(sample::alice(), sample::kCorrelation);
  REQUIRE(decode_open(good));
  CHECK_FALSE(decode_open(changed(good, "correlation_uid", "x")));
  CHECK_FALSE(decode_open(changed(good, "uid", "4294967296")));
  CHECK_FALSE(decode_open(changed(good, "session_kind", "3")));
  CHECK_FALSE(decode_open(changed(good, "name", nullptr)));
}

TEST_CASE("receipts, refusals and readiness are told apart") {
  Receipt receipt{42, sample::kCorrelation, {sample::digest(1), sample::digest(2)}};
  auto got = decode_receipt(encode_receipt(receipt));
  REQUIRE(got);
  CHECK(got->sequence == 42);
  CHECK(got->record == sample::kCorrelation);
  CHECK(got->digests == receipt.digests);
  receipt.digests.assign(Limits::plan_modules, sample::digest(3));
  CHECK(encode_receipt(receipt).size() <= kReceiptBytes);

  const std::string refusal = encode_refusal({Outcome::unavailable, "no room", 28});
  got = decode_receipt(refusal);
  REQUIRE_FALSE(got);
  CHECK(got.error().outcome == Outcome::unavailable);
  CHECK(got.error().message == "no room");
  CHECK(got.error().code == 28);
  CHECK_FALSE(decode_gate_loads(refusal));
  CHECK_FALSE(decode_ready(refusal));
  CHECK(decode_ready(encode_ready()));
  CHECK_FALSE(decode_receipt(encode_ready()));
  CHECK_FALSE(decode_ready(encode_receipt(receipt)));
  // A refusal can never pass for a yes.
  CHECK_FALSE(decode_receipt(changed(refusal, "outcome", "0")));
  CHECK(encode_refusal({Outcome::failed, std::string(100'000, 'x')}).size() <= kReceiptBytes);
}

TEST_CASE("loads come back, however many") {
  std::vector<GateLoad> loads;
  for (int at = 0; at < 100; ++at) {
    loads.push_back({"module_" + std::to_string(at), "alice", 1000, 1785492000123,
                     "/etc/modgate/policy.toml:12", sample::kCorrelation, sample::digest(7),
                     4026531840});
  }
  std::vector<GateLoad> got;
  bool more = true;
  for (const std::string& message : encode_gate_loads(loads)) {
    REQUIRE(more);
    CHECK(message.size() <= kReceiptBytes);
    auto part = decode_gate_loads(message);
    REQUIRE(part);
    for (GateLoad& load : part->loads) got.push_back(std::move(load));
    more = part->more;
  }
  CHECK_FALSE(more);
  REQUIRE(got.size() == 100);
  CHECK(got[99].name == "module_99");
  CHECK(got[99].uid == 1000);
  CHECK(got[99].sha256 == sample::digest(7));
  CHECK(got[99].instance == 4026531840);
  CHECK(got[99].since_ms == 1785492000123);
  CHECK(encode_gate_loads({}).size() == 1);
}

TEST_CASE("settings know three words") {
  for (const char* mode : {"off", "on", "required"})
    CHECK(*decode_settings(encode_settings(mode)) == mode);
  CHECK_FALSE(decode_settings(encode_settings("")));
  CHECK_FALSE(decode_settings(encode_settings("On")));
  CHECK(*message_kind(encode_settings("on")) == RecorderMessage::settings);
  CHECK(*message_kind(encode_gate_loads_request()) == RecorderMessage::gate_loads);
  CHECK_FALSE(message_kind(encode_ready()));
  CHECK_FALSE(message_kind("x=1"));
}
