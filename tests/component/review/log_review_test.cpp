// SPDX-License-Identifier: Apache-2.0
#include "component/review/written_log.h"
#include "gate/audit/search.h"
#include "gate/review/log_stream.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

std::vector<std::string> reviewed(const TestLog& log, Selection selection,
                                  LogReview::Settings settings = {}) {
  std::vector<OpenLog> logs;
  logs.push_back(sample::opened(log));
  LogReview review(std::move(logs), std::move(selection), std::move(settings));
  return sample::read_all(review);
}

/// What the helper's reader would find: the reference.
std::vector<std::string> searched(const TestLog& log, const LogQuery& query) {
  const OpenLog open = sample::opened(log);
  LogFilter filter(query, "");
  std::vector<std::string> lines;
  REQUIRE(search_log(open.directory.get(), filter, {}, [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    return Done{};
  }));
  return lines;
}

LedgerSettings segments_of(std::uint64_t bytes) {
  LedgerSettings settings;
  settings.segment_bytes = bytes;
  return settings;
}

}  // namespace

TEST_CASE("a review finds what the helper's search finds, forwards and the last of it") {
  const TestLog log;
  sample::append(log, sample::requests(40), segments_of(GENERATE(1U, 20000U, 1U << 26U)));
  LogQuery query;
  SECTION("all") {}
  SECTION("of one user") { query.user = "alice"; }
  SECTION("of a uid") { query.user = "1001"; }
  SECTION("of a module") { query.module = "zram"; }
  SECTION("of a dependency") { query.module = "needed-by-all"; }
  SECTION("of an outcome") { query.outcome = "denied"; }
  SECTION("of nobody") { query.user = "carol"; }
  SECTION("of a time") {
    query.since_ms = sample::kFirstTime + 5000;
    query.until_ms = sample::kFirstTime + 30000;
  }
  CHECK(reviewed(log, {query, {}}) == searched(log, query));
  for (const std::uint64_t last : {1U, 3U, 40U, 1000U}) {
    query.last = last;
    LogReview::Settings settings;
    settings.last = last;
    CHECK(reviewed(log, {query, {}}, settings) == searched(log, query));
  }
}

TEST_CASE("lines alone are all lines, as they are") {
  const TestLog log;
  sample::append(log, sample::requests(10), segments_of(5000));
  LogReview::Settings settings;
  settings.lines_alone = true;
  CHECK(reviewed(log, {}, settings) == log.all_lines());
}

TEST_CASE("a review goes on where it ended, and shows no half line") {
  const TestLog log;
  sample::append(log, sample::requests(3), segments_of(1));
  std::vector<OpenLog> logs;
  logs.push_back(sample::opened(log));
  LogReview::Settings settings;
  settings.last = GENERATE(0U, 2U);
  LogReview review(std::move(logs), {}, settings);
  CHECK(sample::read_all(review).size() == (settings.last == 0 ? 3 : 2));
  CHECK(sample::read_all(review, true).empty());
  sample::append(log, sample::requests(2), segments_of(1));
  const std::string text = sample::read_file(log.segment(5));
  sample::write_file(log.segment(5), text.substr(0, text.size() - 1));
  CHECK(sample::read_all(review, true).size() == 1);
  sample::write_file(log.segment(5), text);
  CHECK(sample::read_all(review, true).size() == 1);
  CHECK(sample::read_all(review, true).empty());
}

TEST_CASE("several logs are read by time, each in its own order") {
  const TestLog one;
  const TestLog other;
  sample::append(one, sample::requests(4), {}, sample::kFirstTime);
  sample::append(other, sample::requests(4), {}, sample::kFirstTime + 500);
  // A clock that was set back does not reorder a log.
  sample::append(one, sample::requests(1), {}, sample::kFirstTime - 60'000);
  std::vector<OpenLog> logs;
  logs.push_back(sample::opened(one));
  logs.push_back(sample::opened(other));
  LogReview review(std::move(logs), {}, {});
  const auto first = one.all_lines();
  const auto second = other.all_lines();
  const std::vector<std::string> merged = {first[0],  second[0], first[1], second[1], first[2],
                                           second[2], first[3],  first[4], second[3]};
  CHECK(sample::read_all(review) == merged);

  std::vector<OpenLog> again;
  again.push_back(sample::opened(one));
  again.push_back(sample::opened(other));
  LogReview::Settings settings;
  settings.last = 2;
  LogReview last(std::move(again), {}, settings);
  CHECK(sample::read_all(last) == std::vector<std::string>{first[3], second[3]});
}

TEST_CASE("damage in the log hides nothing around it") {
  const TestLog log;
  sample::append(log, sample::requests(9), segments_of(9000));
  const auto lines = log.all_lines();
  auto first = sample::lines_of(sample::read_file(log.segment()));
  REQUIRE(first.size() >= 2);
  const std::string damaged = first[1];
  first[1] = "no event";
  sample::write_file(log.segment(), sample::joined(first) + "torn");
  std::vector<std::string> expected = lines;
  expected.erase(std::find(expected.begin(), expected.end(), damaged));
  CHECK(reviewed(log, {}) == expected);
  LogReview::Settings settings;
  settings.last = 100;
  CHECK(reviewed(log, {}, settings) == expected);
  settings = {};
  settings.lines_alone = true;
  CHECK(reviewed(log, {}, settings) == expected);
}

TEST_CASE("a log that is not there is told") {
  const auto log = open_log("/nonexistent/log");
  REQUIRE_FALSE(log);
  CHECK(log.error().outcome == Outcome::failed);
  CHECK(log.error().code == ENOENT);
}

TEST_CASE("lines are read backwards as forwards, whatever their length") {
  const sample::TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  std::vector<std::string> lines;
  std::string text;
  for (const std::size_t length : {0U, 1U, 300U, 262143U, 262144U, 262145U, 5U, 0U, 131072U}) {
    lines.emplace_back(length, static_cast<char>('a' + lines.size()));
    text += lines.back() + '\n';
  }
  sample::write_file(path, text);
  BackwardReader reader(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), text.size());
  std::uint64_t offset = text.size();
  for (std::size_t at = lines.size(); at-- > 0;) {
    std::string_view line;
    const auto more = reader.next(line);
    REQUIRE(more);
    REQUIRE(*more);
    CHECK(line == lines[at]);
    offset -= lines[at].size() + 1;
    CHECK(reader.offset() == offset);
  }
  std::string_view line;
  const auto more = reader.next(line);
  REQUIRE(more);
  CHECK_FALSE(*more);
}
