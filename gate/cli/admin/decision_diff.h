// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/lint.h"
#include "gate/policy/policy.h"

namespace modgate {

/// Who gains and who loses what, if `after` takes the place of `before`: for each member of a role
/// in either, and each module in `modules`, the decisions of the same function that decides
/// requests, at `now`, without parameters. One line a member and direction, such as "alice gains:
/// load dummy, veth". Modules that callers hand over are not among them.
std::vector<std::string> decision_diff(const Policy& before, const Policy& after,
                                       const std::vector<TreeModule>& modules,
                                       const Circumstances& now);

}  // namespace modgate
