// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modgate {

/// Which of `known` someone most likely meant by `typed`: the one with the fewest typing mistakes,
/// where these are few; else empty.
std::string nearest(std::string_view typed, const std::vector<std::string_view>& known);

}  // namespace modgate
