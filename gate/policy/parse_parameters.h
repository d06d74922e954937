// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gate/policy/parameter_rule.h"
#include "gate/policy/pattern_shelf.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// The `params` of an allow; `modules` are the rule's own, to warn of a name that none of them
/// meets.
std::vector<ModuleParameters> parse_parameters(TableReader& reader,
                                               const std::vector<Glob>& modules,
                                               PatternShelf& patterns);

}  // namespace modgate
