// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// The content of a file of at most `max_bytes`; a larger one is an error (EFBIG). `code` of the
/// error is the errno. For files of the kernel and the administrator, which have no size of their
/// own or a small one.
Result<std::string> read_bounded(const std::string& path, std::size_t max_bytes);

}  // namespace modgate
