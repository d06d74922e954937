// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// The `tag=value` strings of a module's .modinfo section, as views into it. A tag may stand there
/// many times; the kernel takes the first (kernel/module/main.c: get_modinfo).
class ModInfo {
 public:
  /// Outcome::rejected for a section that is larger than 4 MiB or does not end with NUL.
  static Result<ModInfo> parse(std::span<const std::uint8_t> section);

  /// The first value of `tag`; empty where there is none.
  [[nodiscard]] std::string_view first(std::string_view tag) const noexcept;

  /// Every value of `tag`, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view tag) const;

 private:
  struct Entry {
    std::string_view tag;
    std::string_view value;
  };
  std::vector<Entry> entries_;
};

}  // namespace modgate
