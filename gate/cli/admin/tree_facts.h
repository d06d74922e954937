// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gate/policy/lint.h"

namespace modgate {

/// The modules of the running kernel, by its modules.dep and modules.builtin; nullopt where there
/// is no tree of it here, as where a policy is written on another machine.
std::optional<std::vector<TreeModule>> modules_of_running_kernel();

/// The same for any tree, such as /lib/modules/6.1.0-56-cloud-amd64.
std::optional<std::vector<TreeModule>> modules_of_tree(const std::string& directory);

}  // namespace modgate
