// SPDX-License-Identifier: Apache-2.0
#include "gate/review/moment_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <string_view>

namespace modgate {
namespace {

constexpr std::int64_t kDay = 86400;

Error malformed(const std::string& text) {
  return {Outcome::usage, "'" + text + "' is no time: 2026-12-01T10:00:00Z, 2026-12-01 or -7d"};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes `digits` digits off the front; -1 where they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// What a person wrote, taken apart; std::tm has no room for milliseconds.
struct Parts {
  std::tm time = {};
  int milliseconds = 0;
};

bool take_date(std::string_view& text, std::tm& time) {
  const int year = take_number(text, 4);
  if (year < 1970 || !take(text, '-')) return false;
  const int month = take_number(text, 2);
  if (month < 0 || !take(text, '-')) return false;
  const int day = take_number(text, 2);
  if (day < 0) return false;
  time.tm_year = year - 1900;
  time.tm_mon = month - 1;
  time.tm_mday = day;
  // No February 30.
  return std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

/// Digits of a fraction of a second; what is shorter than a millisecond is dropped.
bool take_fraction(std::string_view& text, int& milliseconds) {
  if (text.empty() || !is_digit(text.front())) return false;
  milliseconds = 0;
  for (int unit = 100; !text.empty() && is_digit(text.front()); unit /= 10) {
    milliseconds += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return true;
}

bool take_clock(std::string_view& text, Parts& parts) {
  parts.time.tm_hour = take_number(text, 2);
  if (parts.time.tm_hour < 0 || parts.time.tm_hour > 23 || !take(text, ':')) return false;
  parts.time.tm_min = take_number(text, 2);
  if (parts.time.tm_min < 0 || parts.time.tm_min > 59) return false;
  if (!take(text, ':')) return true;
  parts.time.tm_sec = take_number(text, 2);
  // 60 is a leap second.
  if (parts.time.tm_sec < 0 || parts.time.tm_sec > 60) return false;
  return !take(text, '.') || take_fraction(text, parts.milliseconds);
}

/// "Z" or "+02:00" as seconds; false where it is neither.
bool take_offset(std::string_view& text, std::int64_t& seconds) {
  seconds = 0;
  if (take(text, 'Z') || take(text, 'z')) return true;
  const std::int64_t sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  const int hours = take_number(text, 2);
  if (sign == 0 || hours < 0 || hours > 23 || !take(text, ':')) return false;
  const int minutes = take_number(text, 2);
  if (minutes < 0 || minutes > 59) return false;
  seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

Result<std::int64_t> from_parts(Parts parts, std::string_view offset, const std::string& text) {
  std::int64_t seconds = 0;
  std::int64_t shift = 0;
  if (offset.empty()) {
    parts.time.tm_isdst = -1;
    seconds = ::mktime(&parts.time);
  } else if (take_offset(offset, shift) && offset.empty()) {
    seconds = ::timegm(&parts.time) - shift;
  } else {
    return malformed(text);
  }
  if (seconds < 0) return malformed(text);
  return seconds * 1000 + parts.milliseconds;
}

Result<std::int64_t> relative(const std::string& text, std::int64_t now_ms) {
  constexpr std::array<std::pair<char, std::int64_t>, 5> kUnits = {
      {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', kDay}, {'w', 7 * kDay}}};
  std::int64_t amount = 0;
  const char* begin = text.data() + 1;
  const char* last = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(begin, last, amount);
  if (begin >= last || error != std::errc() || stop != last || amount < 0 || amount > 1000000000) {
    return malformed(text);
  }
  for (const auto& [unit, seconds] : kUnits) {
    if (unit == *last) return std::max<std::int64_t>(0, now_ms - amount * seconds * 1000);
  }
  return malformed(text);
}

}  // namespace

Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms) {
  if (text.starts_with('-') && text.size() > 2) return relative(text, now_ms);
  std::string_view rest = text;
  Parts parts;
  if (!take_date(rest, parts.time)) return malformed(text);
  if (rest.empty()) return from_parts(parts, {}, text);
  if (!take(rest, 'T') && !take(rest, 't') && !take(rest, ' ')) return malformed(text);
  if (!take_clock(rest, parts)) return malformed(text);
  return from_parts(parts, rest, text);
}

}  // namespace modgate
