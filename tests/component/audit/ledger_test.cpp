// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/ledger.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "component/audit/log_fixture.h"
#include "gate/audit/chain.h"

using namespace modgate;
using modgate::sample::TestLog;
using Json = nlohmann::json;

namespace {

const Peer kAlice = sample::alice();

}  // namespace

TEST_CASE("records follow each other in one chain over groups, segments and restarts") {
  const TestLog log;
  LedgerSettings small;
  small.segment_bytes = 6000;
  for (int run = 0; run < 3; ++run) {
    auto ledger = log.open(small);
    REQUIRE(ledger);
    for (int group = 0; group < 3; ++group) {
      REQUIRE(
          ledger->append(sample::record(RecordKind::refusal), &kAlice, sample::kCorrelation, true));
      REQUIRE(
          ledger->append(sample::record(RecordKind::start), nullptr, sample::kCorrelation, false));
      REQUIRE(ledger->commit());
    }
  }
  const auto lines = log.all_lines();
  REQUIRE(lines.size() == 18);
  std::string prev(kChainStart);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const Json event = Json::parse(lines[at]);
    CHECK(event["metadata"]["sequence"] == at + 1);
    CHECK(event["unmapped"]["modgate"]["chain"]["prev"] == prev);
    CHECK((event["metadata"]["uid"] == sample::kCorrelation) == (at % 2 == 0));
    prev = chain_hash(lines[at]);
  }
  const Verified verified = log.verified();
  CHECK_FALSE(verified.broken);
  CHECK(verified.records == 18);
  CHECK(verified.head == prev);
  const std::filesystem::directory_iterator files(log.directory.path());
  CHECK(std::distance(begin(files), end(files)) > 2);
  struct stat state = {};
  REQUIRE(::stat(log.segment().c_str(), &state) == 0);
  CHECK((state.st_mode & 07777) == 0640);
}

TEST_CASE("what is not committed does not count") {
  const TestLog log;
  {
    auto ledger = log.open();
    REQUIRE(ledger);
    REQUIRE(
        ledger->append(sample::record(RecordKind::refusal), &kAlice, sample::kCorrelation, true));
  }
  CHECK(log.all_lines().empty());
}

TEST_CASE("one process writes a log") {
  const TestLog log;
  auto first = log.open();
  REQUIRE(first);
  const auto second = log.open();
  REQUIRE_FALSE(second);
  CHECK_THAT(second.error().message, Catch::Matchers::ContainsSubstring("another process"));
}

TEST_CASE("a log whose directory others can write is not written") {
  const TestLog log;
  REQUIRE(log.open());
  for (const mode_t mode : {0770U, 0777U, 0702U}) {
    REQUIRE(::chmod(log.directory.path().c_str(), mode) == 0);
    const auto opened = log.open();
    REQUIRE_FALSE(opened);
    CHECK_THAT(opened.error().message,
               Catch::Matchers::ContainsSubstring("writable by group or others"));
  }
  REQUIRE(::chmod(log.directory.path().c_str(), 0700) == 0);
  CHECK(log.open());
  CHECK_FALSE(open_log_directory((log.directory.path() / "missing").string()));
}

TEST_CASE("a directory of somebody else's is refused") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root");
    return;
  }
  const TestLog log;
  REQUIRE(::chown(log.directory.path().c_str(), 12345, 12345) == 0);
  const auto opened = log.open();
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, Catch::Matchers::ContainsSubstring("belongs to uid 12345"));
}

TEST_CASE("an intent that would have to be cut is refused, a refusal is cut") {
  const TestLog log;
  auto ledger = log.open();
  REQUIRE(ledger);
  Record record = sample::record(RecordKind::intent);
  record.reason = std::string(kLineBytes, 'x');
  CHECK_FALSE(ledger->append(record, &kAlice, sample::kCorrelation, true));
  record.kind = RecordKind::refusal;
  CHECK(ledger->append(record, &kAlice, sample::kCorrelation, true));
  REQUIRE(ledger->commit());
  const auto lines = log.all_lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() <= kLineBytes);
  CHECK(Json::parse(lines[0])["metadata"]["is_truncated"] == true);
}

TEST_CASE("room for the outcome is the file's before the intent counts") {
  const TestLog log;
  auto ledger = log.open();
  REQUIRE(ledger);
  REQUIRE(ledger->append(sample::record(RecordKind::intent), &kAlice, sample::kCorrelation, true));
  REQUIRE(ledger->commit());
  struct stat state = {};
  REQUIRE(::stat(log.segment().c_str(), &state) == 0);
  const auto lines = log.all_lines();
  REQUIRE(lines.size() == 1);
  CHECK(state.st_size == static_cast<off_t>(lines[0].size() + 1));
  CHECK(state.st_blocks * 512 > state.st_size + static_cast<off_t>(lines[0].size()));
}
