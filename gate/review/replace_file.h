// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// Puts `text` in place of the file at `path` in one step, on disk before this returns; nobody but
/// its owner may read it. Errors are Outcome::failed.
Status replace_file(const std::string& path, std::string_view text);

}  // namespace modgate
