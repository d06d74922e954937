// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modgate/plan.h"

namespace modgate {

/// What the first record of a log names in place of a record before it.
inline constexpr std::string_view kChainStart =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// What the record after `line` names: the lower-case hex SHA-256 of the line's exact bytes without
/// its newline (the contract's section 7). No canonical form of JSON is involved.
std::string chain_hash(std::string_view line);

/// The digest that `text` spells in 64 lower-case hex digits.
std::optional<Digest> parse_digest(std::string_view text) noexcept;

}  // namespace modgate
