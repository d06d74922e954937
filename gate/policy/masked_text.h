// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modgate {

/// toml++ 3.3 asks of each character outside strings and comments whether it is white space, and
/// for some that are not ASCII the answer is undefined (is_non_ascii_horizontal_whitespace()
/// reaches what its author took for unreachable). TOML has none of them there. This is the text
/// with others of the same length in their place: where it parses, they all stand in strings and
/// comments, and the text itself is safe to parse. Nothing where the text has none of them.
std::optional<std::string> masked_text(std::string_view text);

}  // namespace modgate
