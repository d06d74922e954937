// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gate/review/event_view.h"
#include "modgate/result.h"

namespace modgate {

struct Counted {
  std::uint64_t count = 0;  ///< requests; a flood that became one record counts whole
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
};

/// Counts requests by some of their fields.
class Grouping {
 public:
  static constexpr std::size_t kMostFields = 8;
  /// Groups that are told apart; what comes beyond is counted together.
  static constexpr std::size_t kMostGroups = 1'000'000;

  /// `names`: fields with commas between them. Errors are Outcome::usage.
  static Result<Grouping> parse(std::string_view names);

  explicit Grouping(std::vector<Field> fields);

  /// Takes in an event. An intent is not counted, as its outcome is, unless `kind` is among the
  /// fields.
  void add(EventView& event);

  struct Row {
    std::vector<std::string> values;  ///< one a field
    Counted counted;
  };
  /// The most frequent first, then by their values.
  [[nodiscard]] std::vector<Row> rows() const;

  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  /// Requests beyond kMostGroups.
  [[nodiscard]] std::uint64_t rest() const noexcept { return rest_; }

 private:
  std::vector<Field> fields_;
  bool counts_intents_ = false;
  std::map<std::vector<std::string>, Counted> groups_;
  std::uint64_t rest_ = 0;
};

}  // namespace modgate
