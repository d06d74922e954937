// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// Reads a regular file whole. An error names it; longer than `max_bytes` is one.
Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);

/// Makes a file that was not there, with `mode` whatever the umask, and puts it on disk. Nothing is
/// left of it where that fails.
Status make_small_file(const std::string& path, std::string_view bytes, unsigned mode);

}  // namespace modgate
