// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// A kernel's list of exports is taken to be at most so large.
inline constexpr std::size_t kMostExportBytes = std::size_t{4} << 20U;

/// The symbols that an unpacked kernel itself exports to modules, those for modules under the GPL
/// alone too: each name ended by a newline. Outcome::rejected where its tables of exports
/// (__ksymtab, __ksymtab_gpl, __ksymtab_strings: include/linux/export.h) are not there, as in an
/// arm64 Image, which has no sections, or not sound.
Result<std::string> exports_in(std::span<const std::uint8_t> kernel);

/// Whether the text is such a list: it came from a process that touched other bytes.
bool is_list_of_exports(std::string_view text) noexcept;

}  // namespace modgate
