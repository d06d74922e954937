// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/recovery.h"

#include <nlohmann/json.hpp>

#include "component/audit/log_fixture.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

const Peer kAlice = sample::alice();

std::filesystem::path torn_file(const TestLog& log) {
  for (const auto& entry : std::filesystem::directory_iterator(log.directory.path())) {
    if (entry.path().string().find(".torn-") != std::string::npos) return entry.path();
  }
  return {};
}

void add(Ledger& ledger, const Record& record, const std::string& correlation) {
  REQUIRE(ledger.append(record, &kAlice, correlation, true));
  REQUIRE(ledger.commit());
}

}  // namespace

TEST_CASE("a torn last line is moved away and said") {
  const std::vector<std::string> tails = {
      "{\"time\":17854", "x", "{\"a\":1}\n{\"b\":", "not json\n", std::string(5000, '\0')};
  for (const std::string& tail : tails) {
    const TestLog log;
    log.fill(3);
    const std::string whole = sample::read_file(log.segment());
    // A line that is whole but for its newline is torn all the same.
    const bool has_object = tail.starts_with("{\"a\"");
    sample::write_file(log.segment(), whole + (has_object ? tail.substr(8) : tail));
    auto found = log.recover();
    REQUIRE(found);
    CHECK(found->tail.sequence == 3);
    CHECK(found->tail.segment_bytes == whole.size());
    REQUIRE(found->mended.size() == 1);
    const auto moved = torn_file(log);
    REQUIRE_FALSE(moved.empty());
    const std::string bytes = sample::read_file(moved);
    CHECK(bytes == (has_object ? tail.substr(8) : tail));
    CHECK_THAT(found->mended[0],
               Catch::Matchers::ContainsSubstring(std::to_string(bytes.size()) + " bytes") &&
                   Catch::Matchers::ContainsSubstring(chain_hash(bytes)));
    CHECK(sample::read_file(log.segment()) == whole);
    // And it goes on as if nothing had been there.
    log.fill(1);
    CHECK_FALSE(log.verified().broken);
    CHECK(log.verified().records == 4);
  }
}

TEST_CASE("a long tail is torn only if nothing stands behind it") {
  const TestLog log;
  log.fill(2);
  const std::string whole = sample::read_file(log.segment());
  const std::string tail(2'000'000, '\0');
  sample::write_file(log.segment(), whole + tail + "\nx");
  CHECK_FALSE(log.recover());
  sample::write_file(log.segment(), whole + "x\n" + tail);
  CHECK_FALSE(log.recover());
  CHECK(torn_file(log).empty());
  sample::write_file(log.segment(), whole + tail);
  auto found = log.recover();
  REQUIRE(found);
  CHECK(found->tail.sequence == 2);
  CHECK(sample::read_file(torn_file(log)) == tail);
  CHECK(sample::read_file(log.segment()) == whole);
}

TEST_CASE("a last record without its newline is torn") {
  const TestLog log;
  log.fill(3);
  std::string text = sample::read_file(log.segment());
  text.pop_back();
  sample::write_file(log.segment(), text);
  CHECK(log.verified().broken.value().damage == Damage::torn);
  auto found = log.recover();
  REQUIRE(found);
  CHECK(found->tail.sequence == 2);
  CHECK(found->mended.size() == 1);
}

TEST_CASE("a log that is nothing but a torn line begins anew") {
  const TestLog log;
  sample::write_file(log.segment(), "{\"half");
  auto found = log.recover();
  REQUIRE(found);
  CHECK(found->tail.sequence == 0);
  CHECK(found->mended.size() == 1);
  log.fill(2);
  CHECK(log.verified().records == 2);
}

TEST_CASE("a new segment that got no record is used") {
  const TestLog log;
  log.fill(3);
  sample::write_file(log.segment(4), "");
  log.fill(2);
  CHECK_FALSE(log.verified().broken);
  CHECK(log.verified().records == 5);
  CHECK(sample::lines_of(sample::read_file(log.segment(4))).size() == 2);
}

TEST_CASE("a new segment that got half a record is used") {
  const TestLog log;
  log.fill(3);
  sample::write_file(log.segment(4), "{\"half");
  auto found = log.recover();
  REQUIRE(found);
  CHECK(found->mended.size() == 1);
  CHECK(found->tail.sequence == 3);
  log.fill(2);
  CHECK(log.verified().records == 5);
}

TEST_CASE("a broken chain is not written to") {
  const TestLog log;
  log.fill(5);
  auto lines = sample::lines_of(sample::read_file(log.segment()));
  const auto good = lines;
  struct Row {
    const char* name;
    std::vector<std::string> lines;
    std::uint64_t sequence;
    Damage damage;
  };
  auto edited = good;
  edited[2].replace(edited[2].find("alice"), 5, "carol");
  auto missing = good;
  missing.erase(missing.begin() + 2);
  auto swapped = good;
  std::swap(swapped[1], swapped[2]);
  auto twice = good;
  twice.insert(twice.begin() + 3, good[2]);
  auto garbage = good;
  garbage[2] = "garbage";
  auto first = good;
  first[0].replace(first[0].find("alice"), 5, "carol");
  auto object = good;
  object.push_back("{}");
  const std::vector<Row> rows = {
      {"edited", edited, 3, Damage::edited},      {"missing", missing, 3, Damage::missing},
      {"swapped", swapped, 2, Damage::reordered}, {"twice", twice, 3, Damage::reordered},
      {"garbage", garbage, 3, Damage::edited},    {"first", first, 1, Damage::edited},
      {"object", object, 6, Damage::edited}};
  for (const Row& row : rows) {
    INFO(row.name);
    sample::write_file(log.segment(), sample::joined(row.lines));
    const auto found = log.recover();
    REQUIRE_FALSE(found);
    CHECK_THAT(found.error().message, Catch::Matchers::ContainsSubstring("is broken at record"));
    CHECK(torn_file(log).empty());
    const Verified verified = log.verified();
    REQUIRE(verified.broken);
    CHECK(verified.broken->sequence == row.sequence);
    CHECK(verified.broken->damage == row.damage);
    CHECK(verified.records == row.sequence - 1);
  }
  sample::write_file(log.segment(), sample::joined(good));
  CHECK(log.recover());
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("damage across segments is found") {
  LedgerSettings small;
  small.segment_bytes = 1;
  const TestLog log;
  log.fill(5, small);
  REQUIRE(log.verified().records == 5);
  SECTION("a segment is missing") {
    std::filesystem::remove(log.segment(3));
    CHECK_FALSE(log.recover());
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->damage == Damage::missing);
    CHECK(broken->sequence == 3);
  }
  SECTION("the first segment is missing") {
    std::filesystem::remove(log.segment(1));
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->damage == Damage::missing);
    CHECK(broken->sequence == 1);
  }
  SECTION("a segment lost its end") {
    const std::string text = sample::read_file(log.segment(3));
    sample::write_file(log.segment(3), text.substr(0, text.size() / 2));
    CHECK_FALSE(log.recover());
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->damage == Damage::torn);
    CHECK(broken->sequence == 3);
  }
  SECTION("a segment stands in for another") {
    std::filesystem::rename(log.segment(3), log.segment(30));
    CHECK_FALSE(log.recover());
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->damage == Damage::reordered);
    CHECK(broken->sequence == 3);
  }
  SECTION("a symbolic link is no segment") {
    std::filesystem::rename(log.segment(5), log.directory.path() / "elsewhere");
    std::filesystem::create_symlink(log.directory.path() / "elsewhere", log.segment(5));
    CHECK_FALSE(log.recover());
  }
  SECTION("other files are passed over") {
    sample::write_file(log.directory.path() / "1.jsonl", "x");
    sample::write_file(log.directory.path() / "00000000000000000x.jsonl", "x");
    sample::write_file(log.directory.path() / "000000000000000000.jsonl", "x");
    CHECK(log.recover());
    CHECK_FALSE(log.verified().broken);
  }
}

TEST_CASE("intents without outcome are found, also behind the last segment") {
  LedgerSettings small;
  small.segment_bytes = GENERATE(1U, 1U << 20U);
  const TestLog log;
  {
    auto ledger = log.open(small);
    REQUIRE(ledger);
    add(*ledger, sample::record(RecordKind::start), "start");
    add(*ledger, sample::record(RecordKind::intent), "closed");
    add(*ledger, sample::record(RecordKind::intent), "open");
    add(*ledger, sample::outcome(), "closed");
    add(*ledger, sample::record(RecordKind::refusal), "refused");
  }
  auto found = log.recover();
  REQUIRE(found);
  REQUIRE(found->open_intents.size() == 1);
  const StoredEvent& intent = found->open_intents[0];
  CHECK(intent.head.correlation_uid == "open");
  CHECK(intent.head.sequence == 3);
  CHECK(intent.record.driver == "vxlan");
  CHECK(intent.peer.uid == 1000);
}

TEST_CASE("what the gate loaded is known after a restart, and not after a boot") {
  const TestLog log;
  {
    auto ledger = log.open();
    REQUIRE(ledger);
    add(*ledger, sample::record(RecordKind::start), "start");
    add(*ledger, sample::record(RecordKind::intent), "load");
    add(*ledger, sample::outcome(), "load");
    add(*ledger, sample::record(RecordKind::start), "again");
  }
  auto found = log.recover();
  REQUIRE(found);
  REQUIRE(found->loads.all().size() == 2);
  CHECK(found->loads.all()[1].name == "vxlan");
  CHECK(found->loads.all()[1].record == "load");
  auto directory = open_log_directory(log.directory.path().string());
  REQUIRE(directory);
  auto other = recover_log(directory->get(), "11111111-2222-7333-8444-555555555555");
  REQUIRE(other);
  CHECK(other->loads.all().empty());
}
