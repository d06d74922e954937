// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gate/policy/glob.h"
#include "gate/policy/pattern.h"
#include "modgate/request.h"

namespace modgate {

/// `{ int = [0, 64] }`: a decimal number within the two, both included.
struct IntegerRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// `{ enum = ["safe", "fast"] }`
struct OneOf {
  std::vector<std::string> values;
};

/// One parameter that a rule names, and the values that it may have.
struct ParameterRule {
  std::string name;  ///< canonical
  std::variant<IntegerRange, OneOf, Pattern> values;

  [[nodiscard]] bool allows(std::string_view value) const;
};

/// `params.MODULE`: what may be given to a module. Empty: nothing.
struct ModuleParameters {
  Glob module;  ///< canonical
  std::vector<ParameterRule> parameters;
};

/// Whether every character of a value may stand in a kernel parameter at all: no control character,
/// quote or white space, nothing but ASCII. The kernel's own parser gives them meanings.
bool is_plain_value(std::string_view value) noexcept;

}  // namespace modgate
