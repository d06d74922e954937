// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gate/policy/policy.h"

namespace modgate {

struct PolicySource {
  std::string path;
  std::string text;
};

/// What is wrong with a policy, and where.
struct Problem {
  bool is_error = true;  ///< else a warning
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;

  /// "file:line:column: error: message"
  [[nodiscard]] std::string text() const;
};

/// `policy` has a value only where no problem is an error.
struct ParsedPolicy {
  std::optional<Policy> policy;
  std::vector<Problem> problems;
};

/// Parses and merges the files in the given order. Never throws on any input; nothing of a policy
/// with an error takes effect.
ParsedPolicy parse_policy(const std::vector<PolicySource>& sources);

}  // namespace modgate
