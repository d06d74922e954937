// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "modgate/result.h"

namespace re2 {
class RE2;
}

namespace modgate {

/// A regular expression that matches the whole of a text, in time linear to it (RE2).
class Pattern {
 public:
  /// Refuses (Outcome::usage, with RE2's own words) what is no expression, is longer than 1024
  /// bytes, or needs more than 1 MiB.
  static Result<Pattern> compile(const std::string& expression);

  /// False also where RE2 gives up for want of memory.
  [[nodiscard]] bool matches(std::string_view text) const;

  [[nodiscard]] const std::string& expression() const;

  /// A measure of the memory that it takes: about 16 bytes each.
  [[nodiscard]] std::size_t instructions() const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace modgate
