// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// A weekly window of the machine's local time: "Mon-Fri 08:00-18:00", "Sat,Sun 10:00-24:00",
/// "22:00-06:00" (every day). The end is not part of it. One that ends before it begins goes on
/// into the next day, and its days are those on which it begins.
class Hours {
 public:
  /// Outcome::usage for anything else, such as an empty window.
  static Result<Hours> parse(std::string_view text);

  /// `weekday`: 0 Sunday to 6 Saturday; `minute_of_day`: 0 to 1439.
  [[nodiscard]] bool contains(int weekday, int minute_of_day) const noexcept;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::array<bool, 7> days_ = {};
  int begin_ = 0;
  int end_ = 0;
};

}  // namespace modgate
