// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/text_limits.h"

#include <algorithm>

namespace modgate {
namespace {

/// Dots nest tables, and tables are freed by recursion; brackets are bounded by toml++ itself
/// (CMakeLists.txt).
constexpr std::size_t kMostDotsInLine = 256;
/// toml++ searches the tables that dotted keys made one by one, for each such key.
constexpr std::size_t kMostDottedKeys = 50000;
/// And those that headers made.
constexpr std::size_t kMostHeaders = kMostRules + kMostRoles;
/// Each is a node of the parsed tree.
constexpr std::size_t kMostValues = std::size_t{1} << 21U;

/// What one line has of each; of text in strings and comments, too.
struct Count {
  std::size_t dots = 0;
  std::size_t values = 0;
  std::size_t dotted_keys = 0;
  std::size_t headers = 0;
  std::size_t rules = 0;

  void add(const Count& line) {
    values += line.values;
    dotted_keys += line.dotted_keys;
    headers += line.headers;
    rules += line.rules;
  }
};

Count count_in(std::string_view line) {
  Count count;
  bool before_equals = true;
  for (const char byte : line) {
    switch (byte) {
      case '.':
        ++count.dots;
        if (before_equals) count.dotted_keys = 1;
        break;
      case '=':
        before_equals = false;
        [[fallthrough]];
      case ',':
      case '[':
      case '{':
        ++count.values;
        break;
      default:
        break;
    }
  }
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with('[')) {
    count.headers = 1;
    count.dotted_keys = 0;
  }
  if (line.starts_with("[[")) count.rules = 1;
  count.values += count.dots;
  return count;
}

std::string more_than(std::size_t many, const std::string& what) {
  return "more than " + std::to_string(many) + ' ' + what;
}

}  // namespace

std::optional<Excess> find_excess(std::string_view text) {
  Count all;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Count line = count_in(text.substr(0, end));
    all.add(line);
    if (line.dots > kMostDotsInLine) return Excess{number, "the line has too many dots"};
    if (all.rules > kMostRules) return Excess{number, more_than(kMostRules, "rules")};
    if (all.headers > kMostHeaders) return Excess{number, more_than(kMostHeaders, "tables")};
    if (all.values > kMostValues) return Excess{number, more_than(kMostValues, "values")};
    if (all.dotted_keys > kMostDottedKeys) {
      return Excess{number, more_than(kMostDottedKeys, "dotted keys; write { } tables instead")};
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace modgate
