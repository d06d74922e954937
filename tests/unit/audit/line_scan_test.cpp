// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/line_scan.h"

#include "catch.h"
#include "gate/audit/stored_event.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

std::string line_of(const Record& record, std::uint64_t sequence = 7) {
  const Peer peer = sample::alice();
  return render_event(record, &peer, sample::stamp(sequence), sample::origin()).line;
}

}  // namespace

TEST_CASE("a scanned line says what the parsed one says") {
  for (const RecordKind kind : {RecordKind::intent, RecordKind::refusal, RecordKind::start,
                                RecordKind::authentication, RecordKind::policy}) {
    const std::string line = line_of(sample::record(kind), 123456789012345);
    const auto scanned = scan_line(line);
    REQUIRE(scanned);
    StoredLine parsed;
    REQUIRE(parsed.parse(line));
    CHECK(scanned->sequence == parsed.head()->sequence);
    CHECK(scanned->prev == parsed.head()->prev);
  }
}

TEST_CASE("no value of a record passes for its place in the chain") {
  Record record = sample::record(RecordKind::refusal);
  const std::string false_place =
      R"("chain":{"prev":")" + std::string(64, 'f') + R"("}}},"metadata":{"sequence":99,)";
  record.reason = false_place;
  record.message = false_place;
  record.user = false_place;
  record.asked = false_place;
  record.policy_digest = false_place;
  const std::string line = line_of(record);
  const auto scanned = scan_line(line);
  REQUIRE(scanned);
  CHECK(scanned->sequence == 7);
  CHECK(scanned->prev == sample::stamp().prev);
}

TEST_CASE("a line that is not as the log makes them is left to the parser") {
  const std::string line = line_of(sample::record(RecordKind::refusal));
  const auto without = [&](const std::string& text) {
    std::string changed = line;
    const std::size_t at = changed.find(text);
    REQUIRE(at != std::string::npos);
    return changed.erase(at, text.size());
  };
  CHECK_FALSE(scan_line(""));
  CHECK_FALSE(scan_line("{}"));
  CHECK_FALSE(scan_line(line.substr(1)));
  CHECK_FALSE(scan_line(line + ' '));
  CHECK_FALSE(scan_line(without(R"("chain":{"prev":)")));
  CHECK_FALSE(scan_line(without(R"("sequence":)")));
  CHECK_FALSE(scan_line(without("7,\"uid\"")));
}
