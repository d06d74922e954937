// SPDX-License-Identifier: Apache-2.0
#include "gate/review/report.h"

#include <algorithm>
#include <array>

namespace modgate {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::size_t kMostBars = 130;
/// Lengths of a bar in hours: hours, days, weeks, four weeks and multiples of these.
constexpr std::array<std::int64_t, 8> kBarHours = {1, 6, 24, 168, 672, 2688, 10752, 43008};

std::string first_of(EventView& event, Field field) {
  const auto& texts = event.texts(field);
  return texts.empty() ? std::string() : std::string(texts.front());
}

bool is_refusal(std::string_view outcome) {
  return outcome == "denied" || outcome == "unauthenticated" || outcome == "rejected";
}

void add_to(Tally& sum, const Tally& one) {
  sum.first_ms = sum.all() == 0 ? one.first_ms : std::min(sum.first_ms, one.first_ms);
  sum.last_ms = sum.all() == 0 ? one.last_ms : std::max(sum.last_ms, one.last_ms);
  sum.done += one.done;
  sum.refused += one.refused;
  sum.failed += one.failed;
}

/// Rounds down, also before 1970.
std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  const std::int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

}  // namespace

void Report::count(Counts& counts, Key key, const Tally& one) {
  const auto found = counts.rows.find(key);
  if (found != counts.rows.end()) {
    add_to(found->second, one);
  } else if (counts.rows.size() < kMostRows) {
    counts.rows.emplace(std::move(key), one);
  } else {
    counts.rest += one.all();
  }
}

void Report::add(EventView& event) {
  ++records_;
  last_sequence_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, event.number(Field::sequence).value_or(0)));
  const std::string kind = first_of(event, Field::kind);
  if (kind == "sign_off") {
    const auto up_to = number_at(event.root(), "/unmapped/modgate/up_to").value_or(0);
    sign_off_ = SignOff{event.shown(Field::user), event.shown(Field::time), up_to,
                        event.shown(Field::reason)};
  }
  if (kind == "intent") return;
  list(event);
  const bool is_request = kind == "outcome" || kind == "refusal" || kind == "nothing_to_do";
  if (!is_request) return;
  const auto times =
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, event.number(Field::count).value_or(1)));
  const std::string outcome = first_of(event, Field::outcome);
  Tally one;
  one.first_ms = one.last_ms = event.number(Field::time).value_or(0);
  (outcome == "done" ? one.done : is_refusal(outcome) ? one.refused : one.failed) = times;
  add_to(all_, one);
  count(persons_, {first_of(event, Field::user), event.shown(Field::uid)}, one);
  count(modules_, {event.shown(Field::module)}, one);
  count(rules_, {first_of(event, Field::rule), first_of(event, Field::role)}, one);
  count(outcomes_, {outcome, first_of(event, Field::action)}, one);
  count(hosts_, {first_of(event, Field::host)}, one);
  const std::int64_t hour = floor_to(one.first_ms, kHour) / kHour;
  if (hours_.size() < kMostHours || hours_.contains(hour)) add_to(hours_[hour], one);
}

void Report::list(EventView& event) {
  ListedEvent listed;
  listed.time = event.shown(Field::time);
  listed.sequence = event.shown(Field::sequence);
  listed.host = event.shown(Field::host);
  listed.user = event.shown(Field::user);
  listed.what = event.shown(Field::action);
  if (listed.what.empty()) listed.what = event.shown(Field::kind);
  listed.module = event.shown(Field::module);
  listed.outcome = event.shown(Field::outcome);
  listed.rule = event.shown(Field::rule);
  listed.reason = event.shown(Field::reason);
  listed.message = event.shown(Field::message);
  listed.record = event.shown(Field::record);
  listed_.push_back(std::move(listed));
  if (listed_.size() > kMostListed) listed_.pop_front();
}

Report::Table Report::table(const char* name, std::vector<std::string> headings,
                            const Counts& counts) {
  Table made{name, std::move(headings), {}, counts.rest};
  for (const auto& [key, tally] : counts.rows) made.rows.push_back({key, tally});
  std::stable_sort(made.rows.begin(), made.rows.end(),
                   [](const Row& a, const Row& b) { return a.tally.all() > b.tally.all(); });
  return made;
}

std::vector<Report::Table> Report::tables() const {
  return {table("outcomes", {"outcome", "action"}, outcomes_),
          table("persons", {"user", "uid"}, persons_), table("modules", {"module"}, modules_),
          table("rules", {"rule", "role"}, rules_), table("hosts", {"host"}, hosts_)};
}

std::vector<Report::Bar> Report::timeline() const {
  if (hours_.empty()) return {};
  const std::int64_t first = hours_.begin()->first;
  const std::int64_t last = hours_.rbegin()->first;
  const auto* found = std::find_if(kBarHours.begin(), kBarHours.end(), [&](std::int64_t hours) {
    return static_cast<std::size_t>((floor_to(last, hours) - floor_to(first, hours)) / hours) <
           kMostBars;
  });
  // A clock that was wrong by centuries: the latest time is shown.
  const std::int64_t unit = found == kBarHours.end() ? kBarHours.back() : *found;
  const std::int64_t begin =
      std::max(floor_to(first, unit),
               floor_to(last, unit) - static_cast<std::int64_t>(kMostBars - 1) * unit);
  std::vector<Bar> bars;
  for (std::int64_t at = begin; at <= last; at += unit) {
    bars.push_back({at * kHour, (at + unit) * kHour, {}});
  }
  for (const auto& [hour, tally] : hours_) {
    if (hour >= begin) {
      add_to(bars[static_cast<std::size_t>((hour - begin) / unit)].tally, tally);
    }
  }
  return bars;
}

}  // namespace modgate
