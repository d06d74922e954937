// SPDX-License-Identifier: Apache-2.0
#include "component/audit/log_fixture.h"
#include "gate/audit/search.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

std::vector<std::string> found(const TestLog& log, const LogQuery& query) {
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  LogFilter filter(query, "");
  std::vector<std::string> lines;
  REQUIRE(search_log(directory.get(), filter, {}, [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    return Done{};
  }));
  return lines;
}

}  // namespace

TEST_CASE("a search gives the stored lines in order, and the last of them") {
  LedgerSettings small;
  small.segment_bytes = GENERATE(1U, 5000U, 1U << 20U);
  const TestLog log;
  log.fill(12, small);
  const auto all = log.all_lines();
  CHECK(found(log, {}) == all);
  for (const std::uint64_t last : {1U, 5U, 11U, 12U, 13U, 1000U}) {
    LogQuery query;
    query.last = last;
    const auto skip = static_cast<std::ptrdiff_t>(all.size() - std::min(all.size(), last));
    CHECK(found(log, query) == std::vector<std::string>(all.begin() + skip, all.end()));
  }
  LogQuery query;
  query.module = "nothing";
  CHECK(found(log, query).empty());
}

TEST_CASE("a search goes on where it ended, and does not show half a line") {
  const TestLog log;
  log.fill(2);
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  LogFilter filter({}, "");
  std::size_t lines = 0;
  const LogSink count = [&](std::string_view) -> Status {
    ++lines;
    return Done{};
  };
  auto position = search_log(directory.get(), filter, {}, count);
  REQUIRE(position);
  CHECK(lines == 2);
  LedgerSettings small;
  small.segment_bytes = 1;
  log.fill(3, small);
  const std::string text = sample::read_file(log.segment(5));
  sample::write_file(log.segment(5), text.substr(0, text.size() - 1));
  position = search_log(directory.get(), filter, *position, count);
  REQUIRE(position);
  CHECK(lines == 4);
  sample::write_file(log.segment(5), text);
  position = search_log(directory.get(), filter, *position, count);
  REQUIRE(position);
  CHECK(lines == 5);
}

TEST_CASE("whoever cannot take a line ends the search") {
  const TestLog log;
  log.fill(3);
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  LogFilter filter({}, "");
  int taken = 0;
  const auto result = search_log(directory.get(), filter, {}, [&](std::string_view) -> Status {
    ++taken;
    return Error{Outcome::unavailable, "hung up"};
  });
  CHECK_FALSE(result);
  CHECK(taken == 1);
}

TEST_CASE("a segment that retention removes while the log is read is passed over") {
  LedgerSettings small;
  small.segment_bytes = 1;
  const TestLog log;
  log.fill(4, small);
  const auto all = log.all_lines();
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  LogFilter filter({}, {});
  std::vector<std::string> lines;
  REQUIRE(search_log(directory.get(), filter, {}, [&](std::string_view line) -> Status {
    if (lines.empty()) std::filesystem::remove(log.segment(2));
    lines.emplace_back(line);
    return Done{};
  }));
  CHECK(lines == std::vector<std::string>{all[0], all[2], all[3]});
}
