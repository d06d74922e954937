// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "component/audit/log_fixture.h"
#include "component/recorder/recorder_fixture.h"
#include "gate/audit/kernel_audit.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/log_reader.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_link.h"
#include "gate/daemon/recorder_messages.h"

using namespace modgate;
using modgate::sample::events_in;
using modgate::sample::own;
using modgate::sample::Recorder;
using modgate::sample::soon;
using modgate::sample::story;
using modgate::sample::TestLog;
using Json = nlohmann::json;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a load from intent to outcome") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const std::string id = new_uuid();
  RecorderLink session = recorder.connect(1000, id);
  auto intent = session.record(sample::record(RecordKind::intent), soon());
  REQUIRE(intent);
  CHECK(intent->sequence == 1);
  CHECK(intent->record == id);
  CHECK(intent->digests == std::vector<Digest>{sample::digest(1), sample::digest(2)});
  // It is on disk before the receipt is there.
  CHECK(story(log) == Words{"intent -"});
  auto outcome = session.record(sample::outcome(), soon());
  REQUIRE(outcome);
  CHECK(outcome->sequence == 2);
  CHECK(outcome->digests.empty());
  auto loads = recorder.connect().gate_loads(soon());
  REQUIRE(loads);
  REQUIRE(loads->size() == 2);
  CHECK((*loads)[1].name == "vxlan");
  CHECK((*loads)[1].record == id);
  CHECK((*loads)[1].uid == 1000);
  CHECK(recorder.stop() == 0);
  const auto stored = events_in(log);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0]["metadata"]["uid"] == id);
  CHECK(stored[1]["metadata"]["uid"] != id);
  CHECK(stored[1]["metadata"]["correlation_uid"] == id);
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("who it was is the listener's to say", "[CVE-2018-1116]") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink session = recorder.connect(1234);
  REQUIRE(session.record(sample::record(RecordKind::refusal), soon()));
  CHECK(events_in(log)[0]["actor"]["user"]["uid"] == "1234");
}

TEST_CASE("a second intent is refused, and so is a second outcome", "[CVE-2015-4625]") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink session = recorder.connect();
  CHECK_FALSE(session.record(sample::outcome(), soon()));
  REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
  CHECK_FALSE(session.record(sample::record(RecordKind::intent), soon()));
  REQUIRE(session.record(sample::outcome(), soon()));
  CHECK_FALSE(session.record(sample::outcome(), soon()));
  CHECK_FALSE(session.record(sample::record(RecordKind::intent), soon()));
  CHECK_FALSE(session.record(sample::record(RecordKind::start), soon()));
  CHECK(story(log) == Words{"intent -", "outcome done"});
}

TEST_CASE("a session that ends without a word leaves an unknown outcome") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const std::string id = new_uuid();
  {
    RecorderLink session = recorder.connect(1000, id);
    REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
  }
  { RecorderLink silent = recorder.connect(); }
  // The recorder has heard of it before it answers the next one.
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  CHECK(recorder.stop() == 0);
  const auto stored = events_in(log);
  REQUIRE(stored.size() == 3);
  const auto unknown = std::find_if(stored.begin(), stored.end(), [](const Json& event) {
    return own(event).value("outcome", "") == "unknown";
  });
  REQUIRE(unknown != stored.end());
  CHECK((*unknown)["metadata"]["correlation_uid"] == id);
  CHECK(own(*unknown)["modules"].size() == 2);
  CHECK((*unknown)["actor"]["user"]["name"] == "alice");
}

TEST_CASE("an intent that is under way when the helper ends gets an unknown outcome") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink session = recorder.connect();
  REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
  CHECK(recorder.stop() == 0);
  CHECK(story(log) == Words{"intent -", "outcome unknown"});
}

TEST_CASE("a recorder that was killed is made good by the next one") {
  const TestLog log;
  const std::string id = new_uuid();
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(recorder.control().record(sample::record(RecordKind::start), soon()));
    RecorderLink done = recorder.connect();
    REQUIRE(done.record(sample::record(RecordKind::intent), soon()));
    REQUIRE(done.record(sample::outcome(), soon()));
    RecorderLink session = recorder.connect(1000, id);
    REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
    recorder.crash();
  }
  sample::write_file(log.segment(), sample::read_file(log.segment()) + "{\"torn");
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  // One for the torn line, one for the run that ended without a word.
  CHECK(story(log) == Words{"start done", "intent -", "outcome done", "intent -", "recovery done",
                            "recovery done", "outcome unknown"});
  CHECK(events_in(log)[6]["metadata"]["correlation_uid"] == id);
  CHECK(events_in(log)[6]["actor"]["user"]["uid"] == "1000");
  // The loads of this boot are known again; those of the samples are of this one.
  auto loads = recorder.connect().gate_loads(soon());
  REQUIRE(loads);
  CHECK(loads->size() == 2);
  CHECK(recorder.stop() == 0);
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("a broken log is not served") {
  const TestLog log;
  log.fill(3);
  std::string text = sample::read_file(log.segment());
  text.replace(text.find("alice"), 5, "carol");
  sample::write_file(log.segment(), text);
  Recorder recorder(log);
  const Status ready = recorder.control().await_ready(soon());
  REQUIRE_FALSE(ready);
  CHECK_THAT(ready.error().message, Catch::Matchers::ContainsSubstring("is broken at record 2"));
  CHECK(recorder.stop() == 1);
  CHECK(sample::read_file(log.segment()) == text);
}

TEST_CASE("a missing directory is said") {
  TestLog log;
  std::filesystem::remove(log.directory.path());
  Recorder recorder(log);
  const Status ready = recorder.control().await_ready(soon());
  REQUIRE_FALSE(ready);
  CHECK_THAT(ready.error().message,
             Catch::Matchers::ContainsSubstring(log.directory.path().string()));
  CHECK(recorder.stop() == 1);
}

TEST_CASE("many sessions at once share the disk and the chain") {
  const TestLog log;
  Recorder recorder(log, 100'000);
  REQUIRE(recorder.control().await_ready(soon()));
  constexpr std::size_t kSessions = 100;
  std::vector<RecorderLink> sessions;
  for (std::size_t at = 0; at < kSessions; ++at) sessions.push_back(recorder.connect());
  for (RecorderLink& session : sessions) {
    REQUIRE(session.post(sample::record(RecordKind::intent), soon()));
  }
  std::vector<std::uint64_t> sequences;
  for (RecorderLink& session : sessions) {
    auto receipt = session.await_receipt(soon());
    REQUIRE(receipt);
    sequences.push_back(receipt->sequence);
  }
  std::sort(sequences.begin(), sequences.end());
  for (std::size_t at = 0; at < kSessions; ++at) CHECK(sequences[at] == at + 1);
  for (RecorderLink& session : sessions) REQUIRE(session.record(sample::outcome(), soon()));
  CHECK(recorder.stop() == 0);
  const Verified verified = log.verified();
  CHECK_FALSE(verified.broken);
  CHECK(verified.records == 2 * kSessions);
  CHECK(std::filesystem::exists(log.segment(1)));
  CHECK_FALSE(std::filesystem::exists(log.segment(2)));
}

TEST_CASE("a flood of refusals becomes one aggregate at the latest when the helper stops") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  constexpr std::uint64_t kRefusals = 100;
  std::string last;
  for (std::uint64_t at = 0; at < kRefusals; ++at) {
    auto receipt = recorder.connect().record(sample::record(RecordKind::refusal), soon());
    REQUIRE(receipt);
    last = receipt->record;
  }
  // Another one's refusal is recorded at once.
  REQUIRE(recorder.connect(1001).record(sample::record(RecordKind::refusal), soon()));
  REQUIRE(recorder.control().record(sample::record(RecordKind::stop), soon()));
  CHECK(recorder.stop() == 0);
  std::uint64_t counted = 0;
  std::size_t records = 0;
  bool names_aggregate = false;
  for (const Json& event : events_in(log)) {
    if (own(event)["kind"] != "refusal" || event["actor"]["user"]["uid"] != "1000") continue;
    ++records;
    counted += event.value("count", std::uint64_t{1});
    names_aggregate = names_aggregate || event["metadata"]["correlation_uid"] == last;
  }
  CHECK(counted == kRefusals);
  CHECK(records < 40);
  CHECK(names_aggregate);
  CHECK(story(log).back() == "stop done");
}

TEST_CASE("what was counted stands before what its uid does next") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  for (int at = 0; at < 40; ++at) {
    REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  }
  RecorderLink session = recorder.connect();
  REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
  const auto stored = events_in(log);
  REQUIRE(stored.size() >= 2);
  CHECK(own(stored.back())["kind"] == "intent");
  CHECK(stored[stored.size() - 2].value("count", 0) > 1);
}

TEST_CASE("nonsense ends its connection and nobody else's") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink good = recorder.connect();
  for (const std::string& nonsense :
       {std::string("x"), std::string("what=record\0", 12), std::string("what=stop\0", 10),
        std::string(kRecordBytes + 1, 'x')}) {
    Channel bad = recorder.connect_raw();
    REQUIRE(bad.send(nonsense, soon()));
    auto answer = bad.receive(kReceiptBytes, 0, soon());
    REQUIRE(answer);
    if (*answer) {
      CHECK_FALSE(decode_receipt((*answer)->bytes));
      answer = bad.receive(kReceiptBytes, 0, soon());
      REQUIRE(answer);
    }
    CHECK_FALSE(*answer);
  }
  CHECK(good.record(sample::record(RecordKind::refusal), soon()));
}

TEST_CASE("whoever does not read holds nobody up") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  Channel deaf = recorder.connect_raw();
  // Its answers fill its socket, until they are dropped.
  for (int at = 0; at < 2000; ++at) {
    if (!deaf.send(encode_gate_loads_request(), BootClock::now() + std::chrono::seconds(5))) break;
  }
  CHECK(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
}

TEST_CASE("too many connections are told so", "[CVE-2021-4115]") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  std::vector<RecorderLink> sessions;
  for (int at = 0; at < 320; ++at) sessions.push_back(recorder.connect());
  auto one_more = recorder.connect().record(sample::record(RecordKind::refusal), soon());
  CHECK_FALSE(one_more);
  CHECK(sessions.back().record(sample::record(RecordKind::refusal), soon()));
}

TEST_CASE("the listener records its own, and nothing else") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  for (const RecordKind kind :
       {RecordKind::start, RecordKind::policy, RecordKind::recovery, RecordKind::stop}) {
    CHECK(recorder.control().record(sample::record(kind), soon()));
  }
  CHECK_FALSE(recorder.control().record(sample::record(RecordKind::intent), soon()));
  CHECK_FALSE(recorder.control().record(sample::record(RecordKind::outcome), soon()));
  for (const Json& event : events_in(log)) CHECK_FALSE(event["actor"].contains("user"));
  CHECK(events_in(log).size() == 4);
}

TEST_CASE("a sign-off is of a record that is there") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  Record sign_off = sample::record(RecordKind::sign_off);
  sign_off.up_to = 2;
  CHECK_FALSE(recorder.connect().record(sign_off, soon()));
  sign_off.up_to = 1;
  sign_off.up_to_line = std::string(64, 'b');
  RecorderLink reviewer = recorder.connect();
  const auto refused = reviewer.record(sign_off, soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().outcome == Outcome::failed);
  const std::string line = chain_hash(log.all_lines().at(0));
  CHECK_THAT(refused.error().message, Catch::Matchers::ContainsSubstring("its SHA-256 is " + line));
  // The session says so itself; the recorder claims nothing for it.
  Record failed = sign_off;
  failed.outcome = Outcome::failed;
  CHECK(reviewer.record(failed, soon()));
  sign_off.up_to_line = line;
  CHECK(recorder.connect().record(sign_off, soon()));
  CHECK_FALSE(recorder.control().record(sign_off, soon()));
  auto all = events_in(log);
  REQUIRE(all.size() == 3);
  CHECK(all[1]["unmapped"]["modgate"]["outcome"] == "failed");
  CHECK(all[1]["unmapped"]["modgate"]["up_to_line"] == std::string(64, 'b'));
  CHECK(all[1]["status_id"] == 2);
  all.erase(all.begin() + 1);
  CHECK(all[1]["unmapped"]["modgate"]["kind"] == "sign_off");
  CHECK(all[1]["unmapped"]["modgate"]["up_to"] == 1);
  CHECK(all[1]["unmapped"]["modgate"]["up_to_line"] == line);
  CHECK(all[1]["actor"]["user"]["uid"] == "1000");
}

TEST_CASE("where kernel audit is required and off, no intent counts") {
  const TestLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 9));
  if (socket) {
    const auto on = kernel_audit_is_on(socket.get());
    if (on && *on) {
      WARN("skipped: this kernel's audit is on");
      return;
    }
  }
  REQUIRE(recorder.control().set_kernel_audit("required"));
  RecorderLink session = recorder.connect();
  CHECK_FALSE(session.record(sample::record(RecordKind::intent), soon()));
  CHECK(session.record(sample::record(RecordKind::refusal), soon()));
  REQUIRE(recorder.control().set_kernel_audit("off"));
  CHECK(recorder.connect().record(sample::record(RecordKind::intent), soon()));
}

TEST_CASE("the journal hears of a record once it is on disk") {
  const TestLog log;
  const std::string path = (log.directory.path() / "journal").string();
  const Fd listener(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto hear = [&] {
    pollfd ready = {listener.get(), POLLIN, 0};
    std::string datagram(65536, '\0');
    if (::poll(&ready, 1, 20'000) != 1) return std::string();
    const ssize_t got = ::recv(listener.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    return got < 0 ? std::string() : datagram.substr(0, static_cast<std::size_t>(got));
  };
  const auto has = [](const std::string& datagram, const std::string& field) {
    return ('\n' + datagram).find('\n' + field + '\n') != std::string::npos;
  };

  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const std::string id = new_uuid();
  RecorderLink session = recorder.connect(1000, id);
  REQUIRE(session.record(sample::record(RecordKind::intent), soon()));
  std::string told = hear();
  INFO(told);
  CHECK(has(told, "MODGATE_KIND=intent"));
  CHECK(has(told, "MODGATE_REQUEST_ID=" + id));
  CHECK(has(told, "MODGATE_UID=1000"));
  CHECK(has(told, "MODGATE_SEQ=1"));
  CHECK(has(told, "MODGATE_PREV=" + std::string(64, '0')));
  CHECK(has(told, "MODGATE_HASH=" + chain_hash(log.all_lines().at(0))));
  // What is not on disk is told to nobody.
  CHECK_FALSE(session.record(sample::record(RecordKind::intent), soon()));

  recorder.crash();
  Recorder again(log);
  REQUIRE(again.control().await_ready(soon()));
  told = hear();
  CHECK(has(told, "MODGATE_KIND=outcome"));
  CHECK(has(told, "MODGATE_RESULT=unknown"));
  CHECK(has(told, "MODGATE_PREV=" + chain_hash(log.all_lines().at(0))));
}

TEST_CASE("a follower sees what comes, until it hangs up") {
  const TestLog log;
  Recorder recorder(log, 1);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  auto ends = Channel::pair();
  REQUIRE(ends);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ends->first.close();
    const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    LogQuery query;
    query.follow = true;
    ::_exit(run_log_reader(directory.get(), query, "1000", std::move(ends->second)));
  }
  ends->second.close();
  Channel& lines = ends->first;
  const auto next_sequence = [&lines] {
    auto line = lines.receive(192U * 1024U, 0, soon());
    REQUIRE(line);
    REQUIRE(*line);
    return Json::parse((*line)->bytes)["metadata"]["sequence"].get<int>();
  };
  CHECK(next_sequence() == 1);
  REQUIRE(recorder.connect(1001).record(sample::record(RecordKind::refusal), soon()));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  CHECK(next_sequence() == 3);
  lines.close();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
