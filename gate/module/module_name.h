// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace modgate {

/// Whether `text` is a module's name as the kernel holds it: 1 to 55 of A-Z a-z 0-9 _
/// (MODULE_NAME_LEN is 56 on 64-bit machines). Only such a name is ever put into a path.
bool is_canonical_name(std::string_view text) noexcept;

/// Whether `text` may be looked up at all: 1 to 1024 printable ASCII characters without white
/// space, quotes, brackets and '/'. libkmod's own normalising never sees anything else.
bool is_lookup_text(std::string_view text) noexcept;

/// `text` with every '-' as '_', as kernel and libkmod compare names.
std::string canonical_name(std::string_view text);

/// The canonical name that a module's file says it has: of "./my-drv.ko.xz" it is "my_drv". Empty
/// where the name does not end in .ko, .ko.xz, .ko.zst or .ko.gz, or is no module's name.
std::string name_of_file(std::string_view path);

}  // namespace modgate
