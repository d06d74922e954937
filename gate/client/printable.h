// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace modgate {

/// `text` for a terminal: control characters (C0, DEL, C1), what steers the direction or the shape
/// of text (Unicode's formatting characters, line and paragraph separators), and bytes that are no
/// UTF-8 are shown as escapes, `\n`, `\x1b` or `\u202e`. A backslash stays as it is.
std::string printable(std::string_view text);

}  // namespace modgate
