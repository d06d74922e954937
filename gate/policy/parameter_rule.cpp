// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parameter_rule.h"

#include <algorithm>
#include <charconv>

namespace modgate {
namespace {

/// The kernel also takes "0x10", "010" and "+1"; a rule's numbers are decimal, and so is the value.
bool is_within(std::string_view value, const IntegerRange& range) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const std::string_view digits = value.starts_with('-') ? value.substr(1) : value;
  const bool shortest = digits == "0" || (!digits.empty() && digits.front() != '0');
  return error == std::errc() && end == value.data() + value.size() && shortest && value != "-0" &&
         number >= range.least && number <= range.most;
}

}  // namespace

bool ParameterRule::allows(std::string_view value) const {
  if (const auto* range = std::get_if<IntegerRange>(&values)) return is_within(value, *range);
  if (const auto* one_of = std::get_if<OneOf>(&values)) {
    return std::find(one_of->values.begin(), one_of->values.end(), value) != one_of->values.end();
  }
  if (const auto* pattern = std::get_if<Pattern>(&values)) return pattern->matches(value);
  return false;
}

ParameterVerdict judge_parameter(const std::vector<ModuleParameters>& entries,
                                 std::string_view module, std::string_view name,
                                 std::string_view value) {
  bool is_named = false;
  bool is_allowed_value = true;
  for (const ModuleParameters& entry : entries) {
    if (!entry.module.matches(module)) continue;
    if (entry.parameters.empty()) return ParameterVerdict::not_named;
    for (const ParameterRule& rule : entry.parameters) {
      if (rule.name != name) continue;
      is_named = true;
      is_allowed_value = is_allowed_value && rule.allows(value);
    }
  }
  if (!is_named) return ParameterVerdict::not_named;
  return is_allowed_value ? ParameterVerdict::allowed : ParameterVerdict::bad_value;
}

bool is_plain_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char byte) {
    return byte > ' ' && byte < '\x7f' && byte != '"' && byte != '\'' && byte != '`';
  });
}

}  // namespace modgate
