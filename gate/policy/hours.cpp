// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/hours.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace modgate {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr int kMinutesOfDay = 24 * 60;

std::optional<std::size_t> day_of(std::string_view text) {
  const auto found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kDays.begin());
}

/// "HH:MM", to 24:00.
std::optional<int> minute_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  const int total = hour * 60 + minute;
  if (minute > 59 || total > kMinutesOfDay) return std::nullopt;
  return total;
}

/// "Mon", "Mon-Fri" (round the end of the week too), several with ','.
bool add_days(std::string_view text, std::array<bool, 7>& days) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = day_of(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_of(part.substr(dash + 1));
    if (!first || !last) return false;
    for (std::size_t day = *first;; day = (day + 1) % days.size()) {
      days.at(day) = true;
      if (day == *last) break;
    }
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<Hours> Hours::parse(std::string_view text) {
  const Error malformed = {Outcome::usage,
                           "hours are written as \"Mon-Fri 08:00-18:00\" or \"08:00-18:00\""};
  Hours hours;
  hours.text_ = std::string(text);
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) {
    hours.days_.fill(true);
  } else {
    if (!add_days(text.substr(0, blank), hours.days_)) return malformed;
    text.remove_prefix(blank + 1);
  }
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return malformed;
  const auto begin = minute_of(text.substr(0, dash));
  const auto end = minute_of(text.substr(dash + 1));
  if (!begin || !end || *begin == kMinutesOfDay) return malformed;
  if (*begin == *end) {
    return Error{Outcome::usage, "the hours are empty; the whole day is 00:00-24:00"};
  }
  hours.begin_ = *begin;
  hours.end_ = *end;
  return hours;
}

bool Hours::contains(int weekday, int minute_of_day) const noexcept {
  if (weekday < 0 || weekday > 6 || minute_of_day < 0 || minute_of_day >= kMinutesOfDay)
    return false;
  const bool today = days_[static_cast<std::size_t>(weekday)];
  if (begin_ < end_) return today && minute_of_day >= begin_ && minute_of_day < end_;
  const bool yesterday = days_[static_cast<std::size_t>((weekday + 6) % 7)];
  return (today && minute_of_day >= begin_) || (yesterday && minute_of_day < end_);
}

}  // namespace modgate
