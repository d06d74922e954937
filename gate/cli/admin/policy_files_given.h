// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/parse.h"
#include "modgate/result.h"

namespace modgate {

/// The policy as the helper reads it, with its checks of who can write it.
Result<std::vector<PolicySource>> installed_policy();

/// Files that somebody is writing, anywhere and anyone's, as one policy in the order given. Each is
/// a regular file; all together are no larger than a policy may be.
Result<std::vector<PolicySource>> policy_of_files(const std::vector<std::string>& paths);

}  // namespace modgate
