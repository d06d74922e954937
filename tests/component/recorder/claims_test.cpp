// SPDX-License-Identifier: Apache-2.0
// What a session that was taken over can make the recorder write: its own records, in its own
// caller's name, and nothing else.
#include <sys/socket.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "component/audit/log_fixture.h"
#include "component/recorder/recorder_fixture.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_link.h"
#include "gate/daemon/recorder_messages.h"

using namespace modgate;
using modgate::sample::events_in;
using modgate::sample::Recorder;
using modgate::sample::soon;
using modgate::sample::TestLog;
using Json = nlohmann::json;

namespace {

std::string encoded(const Record& record) {
  auto message = encode_record(record);
  REQUIRE(message);
  return *message;
}

/// Whether the recorder refuses the message and then hangs up.
bool is_turned_out(Channel& session, const std::string& message,
                   const std::vector<int>& descriptors = {}) {
  REQUIRE(session.send(message, soon(), descriptors));
  auto answer = session.receive(kReceiptBytes, 0, soon());
  REQUIRE(answer);
  if (!*answer) return true;
  if (decode_receipt((*answer)->bytes)) return false;
  answer = session.receive(kReceiptBytes, 0, soon());
  return answer && !*answer;
}

}  // namespace

TEST_CASE("a session cannot say whose its records are, nor under which id") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const std::string another = new_uuid();
  const std::string honest = encoded(sample::record(RecordKind::intent));
  for (const std::string& claim :
       {std::string("uid=0"), "correlation_uid=" + another, "record_id=" + another,
        std::string("login_uid=0"), std::string("sequence=1"), std::string("pid=1"),
        "prev=" + std::string(64, '0')}) {
    INFO(claim);
    Channel session = recorder.connect_raw(1234);
    CHECK(is_turned_out(session, honest + claim + '\0'));
  }
  CHECK(events_in(log).empty());

  // The same record without a claim: what the listener said stands in it.
  const std::string own = new_uuid();
  RecorderLink session = recorder.connect(1234, own);
  auto receipt = session.record(sample::record(RecordKind::intent), soon());
  REQUIRE(receipt);
  CHECK(receipt->record == own);
  const auto stored = events_in(log);
  REQUIRE(stored.size() == 1);
  CHECK(stored[0]["actor"]["user"]["uid"] == "1234");
  CHECK(stored[0]["metadata"]["correlation_uid"] == own);
}

TEST_CASE("what only the listener may say ends a session that says it") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink other = recorder.connect();
  auto ends = Channel::pair();
  REQUIRE(ends);

  Peer root = sample::alice();
  root.uid = 0;
  auto opened = encode_open(root, new_uuid());
  REQUIRE(opened);
  Channel opening = recorder.connect_raw();
  CHECK(is_turned_out(opening, *opened));
  // With a descriptor it is not even read: a session has none to give.
  Channel giving = recorder.connect_raw();
  CHECK(is_turned_out(giving, *opened, {ends->second.get()}));
  ends->second.close();
  auto silence = ends->first.receive(kReceiptBytes, 0, soon());
  REQUIRE(silence);
  CHECK_FALSE(*silence);

  Channel setting = recorder.connect_raw();
  CHECK(is_turned_out(setting, encode_settings("off")));
  auto witnesses = encode_to_courier(CourierWitnesses{{}});
  REQUIRE(witnesses);
  Channel naming = recorder.connect_raw();
  CHECK(is_turned_out(naming, *witnesses));
  Channel courier = recorder.connect_raw();
  CHECK(is_turned_out(courier, encode_courier_connection()));

  // Nobody else has noticed.
  CHECK(other.record(sample::record(RecordKind::refusal), soon()));
  CHECK(events_in(log).size() == 1);
}

TEST_CASE("a session cannot close, or speak for, the request of another") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const std::string id = new_uuid();
  RecorderLink honest = recorder.connect(1000, id);
  REQUIRE(honest.record(sample::record(RecordKind::intent), soon()));
  RecorderLink taken_over = recorder.connect(1001);
  CHECK_FALSE(taken_over.record(sample::outcome(), soon()));
  // Even one of the same uid speaks under an id of its own.
  RecorderLink of_the_same = recorder.connect(1000);
  REQUIRE(of_the_same.record(sample::record(RecordKind::intent), soon()));
  REQUIRE(of_the_same.record(sample::outcome(), soon()));
  REQUIRE(honest.record(sample::outcome(), soon()));
  std::size_t outcomes = 0;
  for (const Json& event : events_in(log)) {
    const bool is_outcome = event["unmapped"]["modgate"]["kind"] == "outcome";
    if (is_outcome && event["metadata"]["correlation_uid"] == id) ++outcomes;
  }
  CHECK(outcomes == 1);
}

TEST_CASE("the digests of a receipt are those on disk, and only an intent has any") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));

  // Whoever would load on the receipt of anything else finds no digest in it.
  for (const RecordKind kind :
       {RecordKind::refusal, RecordKind::nothing_to_do, RecordKind::authentication}) {
    auto receipt = recorder.connect(1001).record(sample::record(kind), soon());
    REQUIRE(receipt);
    CHECK(receipt->digests.empty());
  }
  // A new module without a digest is no intent at all.
  Record without = sample::record(RecordKind::intent);
  for (RecordedModule& module : without.modules) module.sha256.reset();
  CHECK_FALSE(recorder.connect(1001).record(without, soon()));

  auto receipt = recorder.connect().record(sample::record(RecordKind::intent), soon());
  REQUIRE(receipt);
  const auto stored = events_in(log);
  std::vector<std::string> on_disk;
  for (const Json& module : stored.back()["unmapped"]["modgate"]["modules"]) {
    if (module["state"] == "new") on_disk.push_back(module["sha256"]);
  }
  std::vector<std::string> told;
  for (const Digest& digest : receipt->digests) told.push_back(digest_hex(digest));
  CHECK(told == on_disk);
  CHECK_FALSE(told.empty());
}
