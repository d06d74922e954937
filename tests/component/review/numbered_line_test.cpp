// SPDX-License-Identifier: Apache-2.0
#include "gate/review/numbered_line.h"

#include "component/review/written_log.h"

using namespace modgate;

TEST_CASE("a record is found by its number, and the last by none") {
  const sample::TestLog log;
  LedgerSettings small;
  small.segment_bytes = GENERATE(1U, 9000U, 1U << 26U);
  const OpenLog open = sample::opened(log);
  CHECK_FALSE(find_numbered(open, 0));
  CHECK_FALSE(find_numbered(open, 1));
  sample::append(log, sample::requests(9), small);
  const auto lines = log.all_lines();
  for (std::uint64_t number = 1; number <= 9; ++number) {
    const auto found = find_numbered(open, number);
    REQUIRE(found);
    CHECK(found->sequence == number);
    CHECK(found->line == lines[number - 1]);
  }
  const auto last = find_numbered(open, 0);
  REQUIRE(last);
  CHECK(last->sequence == 9);
  CHECK(last->line == lines[8]);
  const auto none = find_numbered(open, 10);
  REQUIRE_FALSE(none);
  CHECK(none.error().outcome == Outcome::failed);
}
