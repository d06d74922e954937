// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modgate {

/// The standard alphabet with padding (RFC 4648 section 4).
std::string encode_base64(std::string_view bytes);

/// The bytes that `text` spells. Only the one canonical spelling is taken: no white space, no
/// missing padding, no bits set behind the last byte.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace modgate
