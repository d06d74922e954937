// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "component/audit/log_fixture.h"
#include "gate/review/log_review.h"

namespace modgate::sample {

/// A log of requests of several people, one record each: who, for which module, how it ended.
struct Asked {
  const char* user;
  uid_t uid;
  const char* module;
  Outcome outcome;
};

inline Record record_of(const Asked& asked, std::int64_t time_ms) {
  Record one = record(RecordKind::refusal);
  one.time_ns = time_ms * 1'000'000;
  one.user = asked.user;
  one.outcome = asked.outcome;
  one.asked = asked.module;
  one.driver = asked.module;
  one.modules = {module("needed_by_all", 1, Why::dependency), module(asked.module, 2, Why::asked)};
  return one;
}

inline constexpr std::int64_t kFirstTime = 1785492000000;

/// Appends a record a second, from `time_ms` on.
inline void append(const TestLog& log, const std::vector<Asked>& all,
                   const LedgerSettings& settings, std::int64_t time_ms = kFirstTime) {
  auto ledger = log.open(settings);
  REQUIRE(ledger);
  for (const Asked& asked : all) {
    Peer peer = alice();
    peer.uid = asked.uid;
    REQUIRE(ledger->append(record_of(asked, time_ms), &peer, kCorrelation, true));
    REQUIRE(ledger->commit());
    time_ms += 1000;
  }
}

/// Of every third alice's, every fifth for zram, every seventh denied.
inline std::vector<Asked> requests(std::size_t count) {
  std::vector<Asked> all;
  for (std::size_t at = 0; at < count; ++at) {
    all.push_back({at % 3 == 0 ? "alice" : "bob", at % 3 == 0 ? 1000U : 1001U,
                   at % 5 == 0 ? "zram" : "dummy", at % 7 == 0 ? Outcome::denied : Outcome::done});
  }
  return all;
}

inline OpenLog opened(const TestLog& log) {
  auto open = open_log(log.directory.path().string());
  REQUIRE(open);
  return std::move(*open);
}

inline Selection selection_of(const std::string& where, const LogQuery& query = {}) {
  auto parsed = where.empty() ? Result<Where>(Where()) : Where::parse(where, kFirstTime + 10'000);
  REQUIRE(parsed);
  return {query, std::move(*parsed)};
}

inline std::vector<std::string> read_all(LogReview& review, bool on = false) {
  std::vector<std::string> lines;
  const EventSink sink = [&](std::string_view line, EventView&) -> Status {
    lines.emplace_back(line);
    return Done{};
  };
  REQUIRE((on ? review.read_on(sink) : review.read(sink)));
  return lines;
}

}  // namespace modgate::sample
