// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace modgate {

/// A glob that matches the whole of a text: `*` is any run without '/', `**` any run at all, `?`
/// one character but '/'. Everything else stands for itself; there are no sets and no escapes.
class Glob {
 public:
  explicit Glob(std::string pattern) : pattern_(std::move(pattern)) {}

  /// Polynomial in the lengths, whatever the two are.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }

 private:
  std::string pattern_;
};

}  // namespace modgate
