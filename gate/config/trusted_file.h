// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Opens a regular file that only root can have written, for reading.
///
/// The checks are made on the opened file and on every parent directory on the way, so the file
/// that was checked is the file that is read. Refuses a symbolic link anywhere in the path, a file
/// or parent that root does not own or that group or others can write (a sticky directory is no
/// exception), a path that is not absolute or has empty, "." or ".." parts, and anything but a
/// regular file; never blocks on a FIFO. Errors are Outcome::unavailable and name the path and what
/// to do; `code` is the errno (ENOENT only where the file or a parent is missing, ELOOP for a
/// link).
Result<Fd> open_root_owned(const std::string& path);

/// Reads such a file whole; more than `max_bytes` is an error (EFBIG).
Result<std::string> read_root_owned(const std::string& path, std::size_t max_bytes);

/// Opens a directory under the same rules, to list it.
Result<Fd> open_root_owned_directory(const std::string& path);

}  // namespace modgate
