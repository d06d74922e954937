// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace modgate {

/// What holds a line in its place.
struct ScannedLine {
  std::uint64_t sequence = 0;
  std::string_view prev;  ///< 64 characters, as they stand in the line
};

/// Finds both in a line as render_event() makes it, without parsing it. nullopt for any other line,
/// which may be a record all the same: StoredLine tells. Quotes inside of values are escaped, so
/// that no name or reason can pass for either.
std::optional<ScannedLine> scan_line(std::string_view line) noexcept;

}  // namespace modgate
