// SPDX-License-Identifier: Apache-2.0
#include "gate/review/report.h"

#include "unit/review/stored.h"

using namespace modgate;

namespace {

void add(Report& report, const Record& record, std::uint64_t sequence = 7) {
  EventView event;
  REQUIRE(event.parse(sample::line_of(record, sequence)));
  report.add(event);
}

Record at(std::int64_t time_ms, Outcome outcome) {
  Record record = outcome == Outcome::done ? sample::outcome() : sample::denied();
  record.time_ns = time_ms * 1'000'000;
  record.outcome = outcome;
  return record;
}

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

}  // namespace

TEST_CASE("a report counts requests by how they ended, intents with their outcome") {
  Report report;
  add(report, sample::record(RecordKind::intent), 1);
  add(report, sample::outcome(), 2);
  add(report, at(1785492000999, Outcome::denied), 3);
  add(report, at(1785492000999, Outcome::unauthenticated), 4);
  add(report, at(1785492000999, Outcome::rejected), 5);
  add(report, at(1785492000999, Outcome::unavailable), 6);
  Record flood = at(1785492001000, Outcome::denied);
  flood.count = 10;
  add(report, flood, 7);
  add(report, sample::record(RecordKind::start), 8);
  CHECK(report.records() == 8);
  CHECK(report.last_sequence() == 8);
  CHECK(report.all().done == 1);
  CHECK(report.all().refused == 13);
  CHECK(report.all().failed == 1);
  CHECK(report.all().first_ms == 1785492000123);
  CHECK(report.all().last_ms == 1785492001000);
  // The helper's start is a record to be read, and no request.
  CHECK(report.listed().size() == 7);
  CHECK(report.listed().back().what == "start");

  const auto tables = report.tables();
  REQUIRE(tables.size() == 5);
  CHECK(tables[0].name == "outcomes");
  CHECK(tables[0].rows[0].key == Report::Key{"denied", "load"});
  CHECK(tables[0].rows[0].tally.all() == 11);
  CHECK(tables[1].rows[0].key == Report::Key{"alice", "1000"});
  CHECK(tables[1].rows[0].tally.all() == 15);
  CHECK(tables[2].rows[0].key == Report::Key{"vxlan"});
  CHECK(tables[3].rows.size() == 2);
  CHECK(tables[4].rows[0].key == Report::Key{"build07.example.org"});
}

TEST_CASE("a timeline has no gaps and not too many bars") {
  struct Row {
    std::int64_t from;
    std::int64_t until;
    std::int64_t bar;
  };
  const Row rows[] = {{kDay, kDay, kHour},          {kDay, 3 * kDay, kHour},
                      {kDay, 20 * kDay, 6 * kHour}, {kDay, 100 * kDay, kDay},
                      {kDay, 800 * kDay, 7 * kDay}, {kDay, 20'000 * kDay, 448 * kDay}};
  for (const Row& row : rows) {
    CAPTURE(row.from, row.until);
    Report report;
    add(report, at(row.from, Outcome::done));
    add(report, at(row.until, Outcome::denied));
    const auto bars = report.timeline();
    REQUIRE_FALSE(bars.empty());
    CHECK(bars.size() <= 130);
    CHECK(bars.front().end_ms - bars.front().begin_ms == row.bar);
    CHECK(bars.front().begin_ms <= row.from);
    CHECK(bars.front().end_ms > row.from);
    CHECK(bars.back().begin_ms <= row.until);
    CHECK(bars.back().end_ms > row.until);
    for (std::size_t next = 1; next < bars.size(); ++next) {
      CHECK(bars[next].begin_ms == bars[next - 1].end_ms);
    }
    CHECK(bars.front().tally.done == 1);
    CHECK(bars.back().tally.refused == 1);
  }
  CHECK(Report().timeline().empty());
}

TEST_CASE("a report is bounded, whatever is in the log") {
  Report report;
  Record record = sample::outcome();
  EventView event;
  for (std::size_t count = 0; count < Report::kMostListed + 5; ++count) {
    record.user = "user" + std::to_string(count);
    add(report, record);
  }
  CHECK(report.listed().size() == Report::kMostListed);
  CHECK(report.listed().front().user == "user5");
  CHECK(report.tables()[1].rows.size() == Report::kMostListed + 5);
}
