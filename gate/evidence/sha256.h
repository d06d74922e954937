// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include "modgate/plan.h"

namespace modgate {

/// SHA-256 of the parts, one behind the other. Throws std::bad_alloc where libcrypto has no memory
/// for it, the only way in which it can fail.
///
/// The algorithm is looked up once in the process: libcrypto's one-shot functions look it up anew
/// for each text, which takes longer than the hash of a short one (crypto(7), "Performance").
Digest sha256(std::initializer_list<std::string_view> parts);

}  // namespace modgate
