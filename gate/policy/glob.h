// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modgate {

/// A glob that matches the whole of a text: `*` is any run without '/', `**` any run at all, `?`
/// one character but '/'. Everything else stands for itself; there are no sets and no escapes.
class Glob {
 public:
  explicit Glob(std::string pattern) : pattern_(std::move(pattern)) {}

  /// One for canonical names of modules: its '-' stands for '_'.
  static Glob of_modules(std::string pattern) {
    Glob glob(std::move(pattern));
    glob.is_of_modules_ = true;
    return glob;
  }

  /// Polynomial in the lengths, whatever the two are.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

  /// As written.
  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }

  /// How many characters stand before the first wildcard.
  [[nodiscard]] std::size_t literal_length() const noexcept {
    return std::min(pattern_.find_first_of("*?"), pattern_.size());
  }
  /// Whether there is no wildcard, so that the pattern matches one text alone.
  [[nodiscard]] bool is_literal() const noexcept { return literal_length() == pattern_.size(); }

 private:
  std::string pattern_;
  bool is_of_modules_ = false;
};

/// Whether one of them matches the whole of the text. No globs at all leave it open: true.
bool matches_any(const std::vector<Glob>& globs, std::string_view text) noexcept;

}  // namespace modgate
