// SPDX-License-Identifier: Apache-2.0
#include "gate/review/cursor.h"

#include "component/review/written_log.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

struct Export {
  sample::TemporaryDirectory folder;
  std::filesystem::path file = folder.path() / "cursor";

  /// Exports what is new and notes how far.
  [[nodiscard]] Result<std::vector<std::string>> run(const std::vector<const TestLog*>& all) const {
    std::vector<OpenLog> logs;
    for (const TestLog* log : all) logs.push_back(sample::opened(*log));
    const ReviewCursor cursor(file.string());
    auto from = cursor.load(logs);
    if (!from) return from.error();
    LogReview review(std::move(logs), {}, {});
    review.begin_at(std::move(*from));
    auto lines = sample::read_all(review);
    REQUIRE(cursor.store(review.logs(), review.positions()));
    return lines;
  }
};

LedgerSettings small_segments() {
  LedgerSettings settings;
  settings.segment_bytes = 6000;
  return settings;
}

}  // namespace

TEST_CASE("exports with a cursor are the log, each record once") {
  const TestLog log;
  const Export exported;
  std::vector<std::string> all;
  for (const std::size_t more : {2U, 0U, 5U, 1U}) {
    if (more > 0) sample::append(log, sample::requests(more), small_segments());
    auto lines = exported.run({&log});
    REQUIRE(lines);
    CHECK(lines->size() == more);
    all.insert(all.end(), lines->begin(), lines->end());
  }
  CHECK(all == log.all_lines());
  // Nothing but the cursor is left behind.
  CHECK(std::distance(std::filesystem::directory_iterator(exported.folder.path()), {}) == 1);
}

TEST_CASE("a cursor keeps the places of several logs") {
  const TestLog one;
  const TestLog other;
  const Export exported;
  sample::append(one, sample::requests(2), {});
  sample::append(other, sample::requests(3), {});
  REQUIRE(exported.run({&one})->size() == 2);
  CHECK(exported.run({&one, &other})->size() == 3);
  sample::append(other, sample::requests(1), {});
  CHECK(exported.run({&other})->size() == 1);
  CHECK(exported.run({&one, &other})->empty());
}

TEST_CASE("a cursor does not go on in a log that is another one") {
  const TestLog log;
  const Export exported;
  sample::append(log, sample::requests(6), small_segments());
  const std::string first = sample::read_file(log.segment());
  REQUIRE(exported.run({&log}));
  std::string says = "is not the log that";
  SECTION("the last record was changed") {
    const OpenLog open = sample::opened(log);
    auto segments = list_segments(open.directory.get());
    REQUIRE(segments);
    const auto last = log.directory.path() / segments->back().name;
    std::string text = sample::read_file(last);
    text.replace(text.rfind("alice"), 5, "mallo");
    sample::write_file(last, text);
  }
  SECTION("the log was cut") {
    const OpenLog open = sample::opened(log);
    auto segments = list_segments(open.directory.get());
    REQUIRE(segments);
    const auto last = log.directory.path() / segments->back().name;
    sample::write_file(last, "");
  }
  SECTION("the log was begun anew") {
    for (const auto& entry : std::filesystem::directory_iterator(log.directory.path())) {
      std::filesystem::remove(entry.path());
    }
    sample::append(log, sample::requests(6), {}, sample::kFirstTime + 1);
  }
  SECTION("the file is no cursor") {
    sample::write_file(exported.file, GENERATE("x", "{}", "[1]", R"({"cursor":2,"logs":{}})",
                                               R"({"cursor":1,"logs":{"a":{"segment":"x"}}})",
                                               R"({"cursor":1,"logs":[]})"));
    says = "is no cursor";
  }
  const std::string before = sample::read_file(exported.file);
  const auto lines = exported.run({&log});
  REQUIRE_FALSE(lines);
  CHECK(lines.error().outcome == Outcome::failed);
  CHECK_THAT(lines.error().message, Catch::Matchers::ContainsSubstring(says));
  CHECK(sample::read_file(exported.file) == before);
}
