// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

enum class PamType : std::uint8_t { any, auth, account, password, session };

/// One line of a service file (pam.d(5)): a module with its arguments, or the name of another file.
struct PamLine {
  enum class Kind : std::uint8_t { module, include };
  Kind kind = Kind::module;
  PamType type = PamType::any;  ///< any: "@include", all types of that file
  std::string target;           ///< module path, or file
  std::vector<std::string> arguments;
  std::size_t number = 0;  ///< of the line where it begins, from 1
};

/// Reads the grammar as libpam does: types and controls in any case, '-' before a type, "[...]" as
/// one word, '#' to the end of the line, a backslash before the end of a line, Debian's @include.
/// What libpam only logs and fails on later, and what its versions read differently (a continuation
/// into an empty line or a comment), is an error here. `path` is for messages alone.
Result<std::vector<PamLine>> parse_pam_service(std::string_view text, const std::string& path);

}  // namespace modgate
