// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/retention.h"

#include <chrono>

#include "component/audit/log_fixture.h"
#include "gate/audit/chain.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

constexpr LedgerSettings kOneARecord{1};
constexpr std::int64_t kDay = 86'400'000;

Fd open(const TestLog& log) {
  return Fd(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<RemovedRecords> removable(const TestLog& log, const RetentionSettings& settings,
                                        const RetentionBounds& bounds = {},
                                        std::int64_t now = now_ms()) {
  auto found = find_removable(open(log).get(), settings, bounds, now);
  REQUIRE(found);
  return *found;
}

/// Records 1 to `to` are removed and a record says so.
RemovedRecords remove_up_to(const TestLog& log, std::uint64_t to) {
  RetentionBounds bounds;
  bounds.from_sequence = to + 1;
  const auto removed = removable(log, {0, 1}, bounds);
  REQUIRE(removed);
  REQUIRE(removed->to == to);
  log.record_removal(*removed);
  REQUIRE(remove_segments(open(log).get(), *removed));
  return *removed;
}

}  // namespace

TEST_CASE("what is kept and what may go") {
  const TestLog log;
  log.fill(6, kOneARecord);
  SECTION("everything is kept unless told") { CHECK_FALSE(removable(log, {})); }
  SECTION("by size the oldest go until it is small enough") {
    std::uint64_t bytes = 0;
    for (std::uint64_t at = 1; at <= 6; ++at) bytes += std::filesystem::file_size(log.segment(at));
    CHECK_FALSE(removable(log, {0, bytes}));
    const auto one = removable(log, {0, bytes - 1});
    REQUIRE(one);
    CHECK(one->from == 1);
    CHECK(one->to == 1);
    CHECK(one->segments == 1);
    CHECK(one->bytes == std::filesystem::file_size(log.segment(1)));
    CHECK(one->reason == "size");
    CHECK(one->last_hash == chain_hash(log.all_lines().at(0)));
  }
  SECTION("never the newest") {
    const auto all = removable(log, {0, 1});
    REQUIRE(all);
    CHECK(all->to == 5);
    CHECK(all->segments == 5);
  }
  SECTION("by age whole days") {
    CHECK_FALSE(removable(log, {3, 0}));
    CHECK_FALSE(removable(log, {3, 0}, {}, now_ms() + 3 * kDay));
    const auto all = removable(log, {3, 0}, {}, now_ms() + 4 * kDay);
    REQUIRE(all);
    CHECK(all->to == 5);
    CHECK(all->reason == "age");
  }
  SECTION("a clock that is set back removes nothing") {
    CHECK_FALSE(removable(log, {3, 0}, {}, now_ms() - 40 * kDay));
  }
  SECTION("nothing from an open intent on") {
    RetentionBounds bounds;
    bounds.from_sequence = 3;
    const auto two = removable(log, {0, 1}, bounds);
    REQUIRE(two);
    CHECK(two->to == 2);
    bounds.from_sequence = 1;
    CHECK_FALSE(removable(log, {0, 1}, bounds));
  }
  SECTION("nothing that was recorded since a module was loaded that is there") {
    RetentionBounds bounds;
    bounds.from_ms = 1;
    CHECK_FALSE(removable(log, {0, 1}, bounds));
  }
  SECTION("a segment that cannot be read stays, with all behind it") {
    sample::write_file(log.segment(3), "nonsense\n");
    const auto two = removable(log, {0, 1});
    REQUIRE(two);
    CHECK(two->to == 2);
  }
}

TEST_CASE("a log that begins behind what was removed is whole if a record says so") {
  const TestLog log;
  log.fill(6, kOneARecord);
  SECTION("it does") {
    remove_up_to(log, 4);
    CHECK_FALSE(std::filesystem::exists(log.segment(4)));
    const Verified verified = log.verified();
    CHECK_FALSE(verified.broken);
    CHECK(verified.records == 3);
    CHECK(verified.last == 7);
    REQUIRE(verified.removed);
    CHECK(verified.removed->through == 4);
    CHECK(verified.removed->recorded_in == 7);
    CHECK(log.recover());
  }
  SECTION("a second removal takes the record of the first with it") {
    remove_up_to(log, 4);
    log.fill(1, kOneARecord);
    remove_up_to(log, 7);
    const Verified verified = log.verified();
    CHECK_FALSE(verified.broken);
    REQUIRE(verified.removed);
    CHECK(verified.removed->through == 7);
    CHECK(verified.removed->recorded_in == 9);
    CHECK(log.recover());
  }
  SECTION("what a crash left of it goes the next time, and is no damage") {
    const auto removed = removable(log, {0, 1});
    REQUIRE(removed);
    log.record_removal(*removed);
    std::filesystem::remove(log.segment(1));
    std::filesystem::remove(log.segment(2));
    CHECK_FALSE(log.verified().broken);
    CHECK(log.recover());
    const auto rest = removable(log, {0, 1});
    REQUIRE(rest);
    CHECK(rest->from == 3);
  }
  SECTION("one more is gone than the record says") {
    remove_up_to(log, 4);
    std::filesystem::remove(log.segment(5));
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->sequence == 1);
    CHECK(broken->damage == Damage::missing);
    CHECK(log.verified().records == 0);
    CHECK_FALSE(log.recover());
  }
  SECTION("the record is of another log") {
    RetentionBounds bounds;
    bounds.from_sequence = 5;
    auto removed = removable(log, {0, 1}, bounds);
    REQUIRE(removed);
    removed->last_hash = std::string(64, 'e');
    log.record_removal(*removed);
    REQUIRE(remove_segments(open(log).get(), *removed));
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->damage == Damage::missing);
    CHECK_FALSE(log.recover());
  }
  SECTION("no record says so") {
    std::filesystem::remove(log.segment(1));
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->sequence == 1);
    CHECK(broken->damage == Damage::missing);
    const auto recovered = log.recover();
    REQUIRE_FALSE(recovered);
    CHECK(recovered.error().outcome == Outcome::unavailable);
    CHECK_THAT(recovered.error().message,
               Catch::Matchers::ContainsSubstring("broken at record 1") &&
                   Catch::Matchers::ContainsSubstring("no record says") &&
                   Catch::Matchers::ContainsSubstring("nothing is granted"));
  }
  SECTION("damage behind what was removed is found") {
    remove_up_to(log, 4);
    std::string text = sample::read_file(log.segment(6));
    text.replace(text.find("vxlan"), 5, "dummy");
    sample::write_file(log.segment(6), text);
    const auto broken = log.verified().broken;
    REQUIRE(broken);
    CHECK(broken->sequence == 6);
    CHECK(broken->damage == Damage::edited);
  }
}
