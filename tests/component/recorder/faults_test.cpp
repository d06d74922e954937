// SPDX-License-Identifier: Apache-2.0
// The recorder's process on a disk that fails.
#include "component/recorder/faults.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "component/recorder/recorder_fixture.h"

using namespace modgate;
using modgate::sample::Faults;
using modgate::sample::FaultyDisk;
using modgate::sample::Recorder;
using modgate::sample::soon;
using modgate::sample::story;
using modgate::sample::TestLog;

namespace {

using Words = std::vector<std::string>;

std::string message_of(const Result<Receipt>& receipt) {
  return receipt ? "recorded" : receipt.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Result<Receipt> intend(RecorderLink& session) {
  return session.record(sample::record(RecordKind::intent), soon());
}

Result<Receipt> refuse(RecorderLink& session) {
  Record record = sample::record(RecordKind::refusal);
  record.outcome = Outcome::denied;
  return session.record(record, soon());
}

/// One whole load in a session of its own.
bool loads(Recorder& recorder) {
  RecorderLink session = recorder.connect();
  return intend(session) && session.record(sample::outcome(), soon());
}

}  // namespace

TEST_CASE("a request alone costs two synchronisations, many at once share them") {
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const int before = faults.syncs;
  REQUIRE(loads(recorder));
  CHECK(faults.syncs - before == 2);
}

TEST_CASE("a full disk or quota refuses what it hits, and nothing is lost before or after") {
  const auto [error, word] = GENERATE(table<int, const char*>(
      {{ENOSPC, "free space"}, {EDQUOT, "quota of modgate-audit"}, {EFBIG, "too large"}}));
  // The intent, its outcome, a refusal: one write each.
  const int at = GENERATE(1, 2, 3);
  CAPTURE(error, at);
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(loads(recorder));
  faults.write_error = error;
  faults.write_failures = 1;
  faults.write_fails_from = faults.writes + at;
  RecorderLink first = recorder.connect();
  RecorderLink second = recorder.connect();
  const auto intent = intend(first);
  CHECK(static_cast<bool>(intent) == (at != 1));
  if (intent) {
    const auto outcome = first.record(sample::outcome(), soon());
    CHECK(static_cast<bool>(outcome) == (at != 2));
    // It may be tried again: only one of it counts.
    if (!outcome) CHECK(first.record(sample::outcome(), soon()));
  } else {
    CHECK(contains(message_of(intent), word));
    CHECK(intent.error().outcome == Outcome::unavailable);
  }
  const auto refusal = refuse(second);
  const bool hits_refusal = at == 3 || (at == 2 && !intent);
  if (hits_refusal) CHECK_FALSE(refusal);
  faults.write_fails_from = 0;
  CHECK(loads(recorder));
  CHECK(recorder.stop() == 0);
  CHECK_FALSE(log.verified().broken);
  const Words told = story(log);
  CHECK(std::count(told.begin(), told.end(), "intent -") ==
        std::count(told.begin(), told.end(), "outcome done"));
}

TEST_CASE("a file system that will not set room aside grants nothing, and takes the outcome") {
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  RecorderLink granted = recorder.connect();
  REQUIRE(intend(granted));
  faults.allocate_error = ENOSPC;
  int others = 0;
  for (; others < 1000; ++others) {
    RecorderLink session = recorder.connect();
    if (const auto intent = intend(session); !intent) {
      CHECK(contains(message_of(intent), "free space"));
      break;
    }
    REQUIRE(session.record(sample::outcome(), soon()));
  }
  CHECK(others < 1000);
  CHECK(granted.record(sample::outcome(), soon()));
  RecorderLink session = recorder.connect();
  CHECK_FALSE(intend(session));
  faults.allocate_error = 0;
  CHECK(loads(recorder));
  CHECK(recorder.stop() == 0);
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("writes that take a part, and interruptions, change nothing") {
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  faults.interrupts = GENERATE(false, true);
  faults.write_at_most = GENERATE(0, 1, 700);
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(loads(recorder));
  REQUIRE(loads(recorder));
  CHECK(recorder.stop() == 0);
  CHECK(log.verified().records == 4);
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("a write that ends in the middle leaves nothing behind") {
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(loads(recorder));
  faults.write_at_most = 100;
  faults.write_error = ENOSPC;
  faults.write_fails_from = faults.writes + 3;
  faults.write_failures = 1;
  SECTION("because it can be taken back") {
    RecorderLink session = recorder.connect();
    CHECK_FALSE(intend(session));
    faults.write_at_most = 0;
    CHECK(loads(recorder));
    CHECK(recorder.stop() == 0);
    CHECK(story(log) == Words{"intent -", "outcome done", "intent -", "outcome done"});
  }
  SECTION("or the next start finds the torn line, keeps it and says so") {
    faults.truncate_error = EIO;
    RecorderLink session = recorder.connect();
    CHECK_FALSE(intend(session));
    CHECK(recorder.stop() == 1);
    faults.truncate_error = 0;
    faults.write_at_most = 0;
    Recorder again(log);
    REQUIRE(again.control().await_ready(soon()));
    CHECK(loads(again));
    CHECK(again.stop() == 0);
    CHECK(story(log) ==
          Words{"intent -", "outcome done", "recovery done", "intent -", "outcome done"});
    CHECK(contains(log.all_lines().at(2), "200 bytes with SHA-256"));
  }
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("an error of the disk ends the recorder, and the next one says what it finds") {
  struct Case {
    int write_error;
    int sync_error;
    const char* word;
  };
  const auto [write_error, sync_error, word] =
      GENERATE(Case{0, EIO, "may be failing"}, Case{EIO, 0, "may be failing"},
               Case{EROFS, 0, "writable again"}, Case{0, EDQUOT, "quota"});
  CAPTURE(write_error, sync_error);
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  Record start = sample::record(RecordKind::start);
  REQUIRE(recorder.control().record(start, soon()));
  RecorderLink granted = recorder.connect();
  REQUIRE(intend(granted));
  faults.sync_error = sync_error;
  faults.write_error = write_error;
  faults.write_failures = 1000;
  faults.write_fails_from = write_error != 0 ? faults.writes + 1 : 0;
  RecorderLink session = recorder.connect();
  const auto refused = intend(session);
  REQUIRE_FALSE(refused);
  CHECK(contains(message_of(refused), word));
  // Nothing is granted any more by this one: a second fdatasync(2) would call safe what is lost.
  faults.sync_error = 0;
  faults.write_fails_from = 0;
  CHECK_FALSE(granted.record(sample::outcome(), soon()));
  CHECK(recorder.stop() == 1);

  Recorder again(log);
  REQUIRE(again.control().await_ready(soon()));
  CHECK(again.stop() == 0);
  const Words told = story(log);
  REQUIRE(told.size() >= 4);
  CHECK(told[0] == "start done");
  CHECK(told[1] == "intent -");
  // What was granted stands, and everything that has an intent there has an outcome.
  CHECK(std::count(told.begin(), told.end(), "intent -") ==
        std::count(told.begin(), told.end(), "outcome unknown"));
  CHECK(std::count(told.begin(), told.end(), "recovery done") == 1);
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("a clock that is set back is recorded, one that runs on is not") {
  const TestLog log;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  constexpr std::int64_t kHour = 3'600'000'000'000;
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(loads(recorder));
    faults.clock_shift = kHour;
    REQUIRE(loads(recorder));
    faults.clock_shift = -kHour;
    REQUIRE(loads(recorder));
    CHECK(recorder.stop() == 0);
  }
  CHECK(story(log) == Words{"intent -", "outcome done", "intent -", "outcome done", "clock done",
                            "intent -", "outcome done"});
  CHECK(contains(log.all_lines().at(4), "the clock was set back from "));
  // Between two runs of the helper it shows by the last record's time.
  faults.clock_shift = -2 * kHour;
  Recorder again(log);
  REQUIRE(again.control().await_ready(soon()));
  CHECK(again.stop() == 0);
  CHECK(story(log).size() == 8);
  CHECK(story(log).back() == "clock done");
  CHECK_FALSE(log.verified().broken);
}

TEST_CASE("a run that ended without a word is told by the next one") {
  const TestLog log;
  const bool says_stop = GENERATE(false, true);
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(recorder.control().record(sample::record(RecordKind::start), soon()));
    REQUIRE(loads(recorder));
    if (says_stop) {
      REQUIRE(recorder.control().record(sample::record(RecordKind::stop), soon()));
    }
    recorder.crash();
  }
  Recorder again(log);
  REQUIRE(again.control().await_ready(soon()));
  CHECK(again.stop() == 0);
  if (says_stop) {
    CHECK(story(log).size() == 4);
  } else {
    CHECK(story(log) == Words{"start done", "intent -", "outcome done", "recovery done"});
    CHECK(contains(log.all_lines().back(), "records 1 to 3 were read back and are whole"));
  }
}

TEST_CASE("old segments go once a record says so") {
  const TestLog log;
  RecorderSettings settings;
  settings.directory = log.directory.path().string();
  settings.journal = (log.directory.path() / "journal").string();
  settings.segment_bytes = 1;
  const FaultyDisk disk;
  Faults& faults = disk.faults();
  const auto refusals = [](Recorder& recorder, int count) {
    for (int at = 0; at < count; ++at) {
      RecorderLink session = recorder.connect(static_cast<uid_t>(2000 + at));
      REQUIRE(refuse(session));
    }
  };
  SECTION("by size, but not the intent that is open") {
    settings.retention.keep_bytes = 1;
    Recorder recorder(settings);
    REQUIRE(recorder.control().await_ready(soon()));
    refusals(recorder, 3);
    RecorderLink open = recorder.connect();
    REQUIRE(intend(open));
    const std::uint64_t intent = log.verified().last;
    refusals(recorder, 3);
    CHECK(std::filesystem::exists(log.segment(intent)));
    const Verified verified = log.verified();
    CHECK_FALSE(verified.broken);
    REQUIRE(verified.removed);
    CHECK(verified.removed->through < intent);
    CHECK(verified.removed->recorded_in <= verified.last);
    CHECK(recorder.stop() == 0);
  }
  SECTION("by age, at the start as well") {
    constexpr std::int64_t kDay = 86'400'000'000'000;
    {
      Recorder recorder(settings);
      REQUIRE(recorder.control().await_ready(soon()));
      refusals(recorder, 4);
      CHECK(recorder.stop() == 0);
    }
    settings.retention.keep_days = 10;
    faults.clock_shift = 9 * kDay;
    {
      Recorder recorder(settings);
      REQUIRE(recorder.control().await_ready(soon()));
      refusals(recorder, 1);
      CHECK(recorder.stop() == 0);
    }
    CHECK(story(log).size() == 5);
    faults.clock_shift = 12 * kDay;
    Recorder recorder(settings);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(recorder.control().record(sample::record(RecordKind::start), soon()));
    CHECK(recorder.stop() == 0);
    const Words told = story(log);
    CHECK(told.front() == "refusal denied");
    CHECK(std::count(told.begin(), told.end(), "refusal denied") == 1);
    CHECK(std::count(told.begin(), told.end(), "retention done") == 1);
    const Verified verified = log.verified();
    CHECK_FALSE(verified.broken);
    REQUIRE(verified.removed);
    CHECK(verified.removed->through == 4);
  }
  SECTION("but not where the record of it cannot be written") {
    settings.retention.keep_bytes = 1;
    {
      RecorderSettings keeping = settings;
      keeping.retention = {};
      Recorder recorder(keeping);
      REQUIRE(recorder.control().await_ready(soon()));
      refusals(recorder, 4);
      CHECK(recorder.stop() == 0);
    }
    faults.write_error = ENOSPC;
    faults.write_failures = 1000;
    faults.write_fails_from = 1;
    Recorder recorder(settings);
    REQUIRE(recorder.control().await_ready(soon()));
    RecorderLink session = recorder.connect();
    CHECK_FALSE(refuse(session));
    CHECK(recorder.stop() == 0);
    CHECK(story(log) == Words(4, "refusal denied"));
  }
}
