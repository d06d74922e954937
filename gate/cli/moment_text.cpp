// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/moment_text.h"

#include <array>
#include <charconv>
#include <ctime>
#include <string_view>

namespace modgate {
namespace {

constexpr std::int64_t kDay = 86400;

Error malformed(const std::string& text) {
  return {Outcome::usage, "'" + text + "' is no time: 2026-12-01T10:00:00Z, 2026-12-01 or -7d"};
}

/// Takes `digits` digits off the front; -1 where they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  int value = -1;
  if (text.size() < digits) return -1;
  const char* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) return -1;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::tm& parts) {
  const int year = take_number(text, 4);
  if (year < 1970 || !take(text, '-')) return false;
  parts.tm_year = year - 1900;
  const int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  parts.tm_mon = month - 1;
  parts.tm_mday = take_number(text, 2);
  return parts.tm_mday >= 1 && parts.tm_mday <= 31;
}

bool take_clock(std::string_view& text, std::tm& parts) {
  parts.tm_hour = take_number(text, 2);
  if (parts.tm_hour < 0 || parts.tm_hour > 23 || !take(text, ':')) return false;
  parts.tm_min = take_number(text, 2);
  if (parts.tm_min < 0 || parts.tm_min > 59) return false;
  if (!take(text, ':')) return true;
  parts.tm_sec = take_number(text, 2);
  if (parts.tm_sec < 0 || parts.tm_sec > 60) return false;
  if (!take(text, '.')) return true;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  return true;
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

Result<std::int64_t> from_parts(std::tm parts, std::string_view offset, const std::string& text) {
  const int day = parts.tm_mday;
  std::int64_t seconds = 0;
  std::int64_t shift = 0;
  if (offset.empty()) {
    parts.tm_isdst = -1;
    seconds = ::mktime(&parts);
  } else if (take_offset(offset, shift) && offset.empty()) {
    seconds = ::timegm(&parts) - shift;
  } else {
    return malformed(text);
  }
  // What no calendar has, such as February 30, comes back as another day.
  if (seconds < 0 || parts.tm_mday != day) return malformed(text);
  return seconds * 1000;
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
  std::tm parts = {};
  if (!take_date(rest, parts)) return malformed(text);
  if (rest.empty()) return from_parts(parts, {}, text);
  if (!take(rest, 'T') && !take(rest, 't') && !take(rest, ' ')) return malformed(text);
  if (!take_clock(rest, parts)) return malformed(text);
  return from_parts(parts, rest, text);
}

}  // namespace modgate
