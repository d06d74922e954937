// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// How many names a directory of the policy may hold.
inline constexpr std::size_t kMostNames = 4096;

/// The names in the directory behind `directory` in byte order, hidden ones left out. A directory
/// with more than kMostNames entries is an error (E2BIG). `path` is for the message alone.
Result<std::vector<std::string>> names_in(int directory, const std::string& path);

}  // namespace modgate
