// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace modgate {

/// The kernel's spelling of a name of a module or parameter: '-' and '_' are the same to it
/// (kernel/params.c, parameq), and '_' is how it prints them.
inline std::string canonical_name(std::string_view name) {
  std::string canonical(name);
  for (char& byte : canonical) {
    if (byte == '-') byte = '_';
  }
  return canonical;
}

}  // namespace modgate
