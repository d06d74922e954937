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

/// `params.MODULE`: what may be given to a module.
struct ModuleParameters {
  Glob module;                            ///< canonical
  std::vector<ParameterRule> parameters;  ///< empty ("none"): nothing, whatever other entries say
};

/// What a rule's `params` say to one parameter of one module.
enum class ParameterVerdict : std::uint8_t { not_named, bad_value, allowed };

/// Where several entries are about the module, one must name the parameter and all that name it
/// must allow the value. Names are canonical.
ParameterVerdict judge_parameter(const std::vector<ModuleParameters>& entries,
                                 std::string_view module, std::string_view name,
                                 std::string_view value);

/// Whether every character of a value may stand in a kernel parameter at all: no control character,
/// quote or white space, nothing but ASCII. The kernel's own parser gives them meanings.
bool is_plain_value(std::string_view value) noexcept;

}  // namespace modgate
