// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modgate {

/// Rules, and roles, of a whole policy.
inline constexpr std::size_t kMostRules = 200000;
inline constexpr std::size_t kMostRoles = 100000;
/// The text of all its files together.
inline constexpr std::size_t kMostText = std::size_t{16} << 20U;
/// The same of the lists of digests that it names.
inline constexpr std::size_t kMostDigestText = std::size_t{16} << 20U;

/// What is too much in one file, and in which line.
struct Excess {
  std::uint32_t line = 1;
  std::string message;
};

/// Looks at a file before it is parsed: the parser takes up to 200 times the memory of its text,
/// and time with the square of some things. What no policy of kMostRules rules needs is refused, so
/// that both are bounded.
std::optional<Excess> find_excess(std::string_view text);

}  // namespace modgate
