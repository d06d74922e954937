// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/pattern_shelf.h"

namespace modgate {

Result<Pattern> PatternShelf::get(const std::string& expression) {
  if (const auto known = patterns_.find(expression); known != patterns_.end()) return known->second;
  if (patterns_.size() >= kMostPatterns || instructions_ >= kMostInstructions) {
    return Error{Outcome::usage, "the policy has too many patterns: more than " +
                                     std::to_string(kMostPatterns) + " or as much as these need"};
  }
  auto pattern = Pattern::compile(expression);
  if (!pattern) return pattern;
  instructions_ += pattern->instructions();
  patterns_.emplace(expression, *pattern);
  return pattern;
}

}  // namespace modgate
