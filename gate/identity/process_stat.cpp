// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/process_stat.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace modgate {
namespace {

constexpr std::size_t kLongestCommand = 15;  // TASK_COMM_LEN less the NUL

// Numbers of proc(5), of which the first two are before the last ')'.
constexpr std::size_t kState = 3;
constexpr std::size_t kParent = 4;
constexpr std::size_t kSession = 6;
constexpr std::size_t kTerminal = 7;
constexpr std::size_t kStartTime = 22;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || problem != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<pid_t> process_id(std::string_view text) {
  const auto value = number<pid_t>(text);
  return value && *value >= 0 ? value : std::nullopt;
}

using Fields = std::array<std::string_view, kStartTime + 1>;

/// The fields from kState to kStartTime, each at its number.
std::optional<Fields> split(std::string_view rest) {
  Fields fields;
  for (std::size_t at = kState; at <= kStartTime; ++at) {
    if (rest.empty() || rest.front() != ' ') return std::nullopt;
    rest.remove_prefix(1);
    const std::size_t length = std::min(rest.find_first_of(" \n"), rest.size());
    fields.at(at) = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  // A text that was cut off here would have a shorter number.
  if (rest.empty()) return std::nullopt;
  return fields;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  const auto fields = split(text.substr(close + 1));
  if (!fields || fields->at(kState).size() != 1) return std::nullopt;
  const auto pid = process_id(text.substr(0, open));
  const auto parent = process_id(fields->at(kParent));
  const auto session = process_id(fields->at(kSession));
  // The kernel prints this unsigned number with %d.
  const auto terminal = number<std::int32_t>(fields->at(kTerminal));
  const auto start_time = number<std::uint64_t>(fields->at(kStartTime));
  if (!pid || !parent || !session || !terminal || !start_time) return std::nullopt;

  ProcessStat stat;
  stat.pid = *pid;
  stat.name = text.substr(open + 2, std::min(close - open - 2, kLongestCommand));
  stat.parent = *parent;
  stat.session = *session;
  stat.terminal = static_cast<std::uint32_t>(*terminal);
  stat.start_time = *start_time;
  return stat;
}

}  // namespace modgate
