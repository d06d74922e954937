// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "gate/policy/pattern.h"

namespace modgate {

/// The patterns of one policy: each expression is compiled once, whatever number of rules names it,
/// and all together are bounded.
class PatternShelf {
 public:
  static constexpr std::size_t kMostPatterns = 4096;
  static constexpr std::size_t kMostInstructions = std::size_t{1} << 20U;

  /// As Pattern::compile(); refuses, too, what would be too much for one policy.
  Result<Pattern> get(const std::string& expression);

 private:
  std::unordered_map<std::string, Pattern> patterns_;
  std::size_t instructions_ = 0;
};

}  // namespace modgate
