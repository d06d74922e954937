// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 2.13 on Debian 12, 3 later; tests use the names of 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {

inline auto ContainsSubstring(const std::string& text) { return Contains(text); }

}  // namespace Catch::Matchers
#endif
