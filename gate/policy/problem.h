// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace modgate {

/// What is wrong with a policy, and where.
struct Problem {
  bool is_error = true;  ///< else a warning
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;

  /// "file:line:column: error: message"
  [[nodiscard]] std::string text() const {
    return file + ':' + std::to_string(line) + ':' + std::to_string(column) +
           (is_error ? ": error: " : ": warning: ") + message;
  }
};

}  // namespace modgate
