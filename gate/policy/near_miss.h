// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "modgate/plan.h"

namespace modgate {

/// For a module that none of `rules` is about: which allow of them names it and comes nearest, and
/// what keeps it from being about this request, such as "policy.toml:12, which is for unload only".
/// Empty where none names it. The caller may be told of every one of `rules`.
std::string near_miss(const std::vector<const Rule*>& rules, const Plan& plan,
                      const PlannedModule& module);

}  // namespace modgate
