// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <sys/stat.h>

#include "component/review/written_log.h"
#include "gate/review/log_index.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

const LogIndex::Progress kSilent = [](std::uint64_t) {};

LedgerSettings small_segments() {
  LedgerSettings settings;
  settings.segment_bytes = 30000;
  return settings;
}

constexpr const char* kAlice = "user = alice";

struct Indexed {
  TestLog log;
  sample::TemporaryDirectory cache;

  [[nodiscard]] std::vector<std::string> find(const std::string& where, std::uint64_t last,
                                              bool by_index, const LogQuery& query = {}) const {
    std::vector<OpenLog> logs;
    logs.push_back(sample::opened(log));
    LogReview::Settings settings;
    settings.last = last;
    settings.least_indexed = 0;
    if (by_index) settings.index = cache.path().string();
    LogReview review(std::move(logs), sample::selection_of(where, query), settings);
    return sample::read_all(review);
  }

  /// The file of the index.
  [[nodiscard]] std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::directory_iterator(cache.path())) {
      if (entry.path().extension() == ".sqlite") return entry.path();
    }
    return {};
  }

  void run_sql(const char* sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file().c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_close(database) == SQLITE_OK);
  }

  [[nodiscard]] Result<LogIndex> open() const {
    return LogIndex::open(cache.path().string(), sample::opened(log), kSilent);
  }
};

const char* const kSelections[] = {
    "user = alice",
    "user = bob and module = zram",
    "module = zram",
    "module = needed-by-all and outcome = denied",
    "outcome = denied",
    "outcome = done and user = alice",
    "uid = 1000",
    "uid = 1000 and user = bob",
    "user = nobody",
    "module = nothing",
    "time > 2026-07-31T10:00:20Z and time <= 2026-07-31T10:00:50Z",
    "time > 2026-07-31T10:00:20Z and module = zram",
    "time > 2030-01-01",
    "time < 2020-01-01",
    "user = alice and (module = zram or outcome = denied)",
    "user = alice and module = zram and outcome = denied and role = netdev",
    "module = zram and module = needed_by_all",
};

}  // namespace

TEST_CASE("with an index a review finds what it finds without") {
  const Indexed indexed;
  sample::append(indexed.log, sample::requests(100), small_segments());
  // A clock set back: times out of order.
  sample::append(indexed.log, sample::requests(30), small_segments(), sample::kFirstTime - 40'000);
  for (const char* where : kSelections) {
    REQUIRE(LogIndex::helps(sample::selection_of(where)));
    for (const std::uint64_t last : {0U, 1U, 7U}) {
      CAPTURE(where, last);
      CHECK(indexed.find(where, last, true) == indexed.find(where, last, false));
    }
  }
  LogQuery query;
  for (const char* user : {"alice", "1001", "x"}) {
    query.user = user;
    CHECK(indexed.find("", 0, true, query) == indexed.find("", 0, false, query));
  }
  CHECK_FALSE(LogIndex::helps(sample::selection_of("")));
  CHECK_FALSE(LogIndex::helps(sample::selection_of("user = a or module = b")));
  CHECK_FALSE(LogIndex::helps(sample::selection_of("user ~ a*")));
  CHECK_FALSE(LogIndex::helps(sample::selection_of("outcome = done")));
  struct stat state = {};
  REQUIRE(::stat(indexed.file().c_str(), &state) == 0);
  CHECK((state.st_mode & 07777U) == 0600);
}

TEST_CASE("an index catches up with a log that grows") {
  const Indexed indexed;
  std::size_t written = 0;
  for (const std::size_t more : {1U, 5U, 1U, 60U, 3U}) {
    sample::append(indexed.log, sample::requests(more), small_segments(),
                   sample::kFirstTime + static_cast<std::int64_t>(written) * 1000);
    written += more;
    for (const char* where : {"user = alice", "outcome = denied"}) {
      CHECK(indexed.find(where, 0, true) == indexed.find(where, 0, false));
    }
    auto index = indexed.open();
    REQUIRE(index);
    CHECK(index->end().segment > 0);
  }
}

TEST_CASE("an index that does not fit its log is made anew") {
  const Indexed indexed;
  sample::append(indexed.log, sample::requests(100), small_segments());
  const auto before = indexed.find(kAlice, 0, true);
  REQUIRE(before.size() == 34);

  SECTION("another log in the same place") {
    for (const auto& entry : std::filesystem::directory_iterator(indexed.log.directory.path())) {
      std::filesystem::remove(entry.path());
    }
    sample::append(indexed.log, sample::requests(50), small_segments());
  }
  SECTION("a log that was rolled back") {
    const auto segments = indexed.log.all_lines();
    const OpenLog open = sample::opened(indexed.log);
    auto all = list_segments(open.directory.get());
    REQUIRE(all);
    REQUIRE(all->size() > 2);
    std::filesystem::remove(indexed.log.directory.path() / all->back().name);
  }
  SECTION("the oldest segment is gone") { std::filesystem::remove(indexed.log.segment()); }
  SECTION("a line in a closed segment was changed, in the same length") {
    std::string text = sample::read_file(indexed.log.segment());
    const std::size_t bob = text.find("\"bob\"");
    REQUIRE(bob != std::string::npos);
    text.replace(bob, 5, "\"ali\"");
    sample::write_file(indexed.log.segment(), text);
    CHECK(indexed.find("user = ali", 0, true).size() == 1);
  }
  SECTION("the file is no database") { sample::write_file(indexed.file(), "nonsense"); }
  SECTION("the file is empty") { sample::write_file(indexed.file(), ""); }
  SECTION("it is another version's") { indexed.run_sql("PRAGMA user_version = 99"); }
  SECTION("places are wrong") {
    indexed.run_sql("UPDATE event SET offset = offset + 1");
    indexed.run_sql("UPDATE person_event SET offset = offset + 1");
  }
  SECTION("some places are wrong") {
    indexed.run_sql("UPDATE person_event SET offset = offset + 1 WHERE id > 50");
  }
  SECTION("places are those of other lines") {
    // What is found there is asked again: nothing wrong is shown, and the count shows the rest.
    indexed.run_sql("DELETE FROM event WHERE id % 2 = 0");
  }
  SECTION("whole segments have no entries") { indexed.run_sql("DELETE FROM event"); }
  SECTION("a person's events have no entries") { indexed.run_sql("DELETE FROM person_event"); }
  CHECK(indexed.find(kAlice, 0, true) == indexed.find(kAlice, 0, false));
}

TEST_CASE("what the index says is asked of the log again") {
  const Indexed indexed;
  sample::append(indexed.log, sample::requests(20), small_segments());
  REQUIRE(indexed.find(kAlice, 0, true).size() == 7);
  indexed.run_sql("UPDATE person_event SET person = (SELECT id FROM person WHERE name = 'alice')");
  CHECK(indexed.find(kAlice, 0, true) == indexed.find(kAlice, 0, false));
}

TEST_CASE("where an index cannot be kept the log itself is read") {
  const Indexed indexed;
  sample::append(indexed.log, sample::requests(20), small_segments());
  const auto expected = indexed.find(kAlice, 0, false);
  SECTION("others may read the file") {
    REQUIRE(indexed.find(kAlice, 0, true) == expected);
    const std::string file = indexed.file();
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(indexed.find(kAlice, 0, true) == expected);
    // Made anew, as nobody knows who has written to it.
    struct stat state = {};
    REQUIRE(::stat(file.c_str(), &state) == 0);
    CHECK((state.st_mode & 0777U) == 0600);
  }
  SECTION("a symbolic link stands in its place") {
    REQUIRE(indexed.find(kAlice, 0, true) == expected);
    const auto file = indexed.file();
    const auto elsewhere = indexed.cache.path() / "elsewhere";
    std::filesystem::rename(file, elsewhere);
    std::filesystem::create_symlink(elsewhere, file);
    CHECK(indexed.find(kAlice, 0, true) == expected);
    CHECK_FALSE(std::filesystem::is_symlink(file));
  }
  SECTION("there is no such folder") {
    std::filesystem::remove_all(indexed.cache.path());
    CHECK(indexed.find(kAlice, 0, true) == expected);
  }
}
