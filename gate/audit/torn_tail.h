// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// Moves the bytes of a segment from `from` to its end into `<segment>.torn-<time>` beside it:
/// first they are there on disk, then they are gone here, so that no crash in between loses them.
/// Returns a sentence for the record of it, with their number and SHA-256.
Result<std::string> set_torn_tail_aside(int directory, const std::string& segment,
                                        std::uint64_t from);

}  // namespace modgate
