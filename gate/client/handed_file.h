// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Opens a module's file with the caller's own rights, to hand it over. Never blocks on a FIFO or
/// device. Outcome::failed where it is missing or may not be read, Outcome::rejected where it is no
/// regular file.
Result<Fd> open_handed_file(const std::string& path);

}  // namespace modgate
