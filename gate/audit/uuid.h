// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace modgate {

/// A UUID of version 7 (RFC 9562): milliseconds since the epoch, then 74 of the random bits.
std::string make_uuid(std::uint64_t epoch_ms, const std::array<std::uint8_t, 10>& random);

/// A UUID of version 7 of now, with random bits of the kernel. Throws std::system_error where the
/// kernel has none to give, so that no two requests ever share an id.
std::string new_uuid();

/// Whether `text` has the form of a UUID in lower case.
bool is_uuid(const std::string& text) noexcept;

}  // namespace modgate
