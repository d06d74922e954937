// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gate/review/event_view.h"
#include "modgate/result.h"

namespace re2 {
class RE2;
}

namespace modgate {

/// How a field is compared: `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` (a glob, or an RE2 pattern between
/// slashes), `!~`.
enum class Comparison : std::uint8_t { is, is_not, less, at_most, more, at_least, like, unlike };

/// One `FIELD OPERATOR VALUE`.
struct Condition {
  Field field = Field::user;
  Comparison comparison = Comparison::is;
  std::string text;         ///< of a text or a list
  std::int64_t number = 0;  ///< of a number or a moment
};

/// An expression over the fields of an event: conditions joined by `and`, `or`, `not` and
/// parentheses; `not` binds tightest, then `and`.
///
/// A value is a word, or stands in single or double quotes, where a backslash takes the next
/// character as it is. Module names are the same with `-` and `_`. A list fits if any of its texts
/// does; the operators `!=` and `!~` are the opposite of `=` and `~`, so for a list: none does. An
/// event that has no such field has the empty text there; a number that it has not got fits only
/// `!=`.
class Where {
 public:
  static constexpr std::size_t kMostBytes = 4096;
  static constexpr std::size_t kMostConditions = 64;
  static constexpr std::size_t kMostDepth = 32;

  /// Errors (Outcome::usage) name the column, from 1. `now_ms`: what `-7d` is relative to.
  static Result<Where> parse(std::string_view text, std::int64_t now_ms);

  Where() = default;  ///< fits every event

  [[nodiscard]] bool is_empty() const noexcept { return nodes_.empty(); }

  [[nodiscard]] bool fits(EventView& event) const;

  /// Conditions that every event which fits must meet; there may be others. For whoever looks for
  /// candidates.
  [[nodiscard]] std::vector<Condition> necessary() const;

 private:
  friend class WhereParser;
  enum class Kind : std::uint8_t { condition, both, either, negation };
  struct Node {
    Kind kind = Kind::condition;
    Condition condition = {};
    std::shared_ptr<const re2::RE2> pattern = {};
    std::size_t left = 0;   ///< in nodes_
    std::size_t right = 0;  ///< of `both` and `either`
  };

  [[nodiscard]] bool fits(std::size_t node, EventView& event) const;
  [[nodiscard]] static bool meets(const Node& node, EventView& event);
  void gather_necessary(std::size_t node, std::vector<Condition>& conditions) const;

  std::vector<Node> nodes_;  ///< the last one is the whole; children stand before their parents
};

}  // namespace modgate
