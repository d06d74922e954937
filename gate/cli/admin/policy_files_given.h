// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/config/named_files.h"
#include "gate/policy/parse.h"
#include "gate/policy/problem.h"
#include "modgate/result.h"

namespace modgate {

/// The policy as the helper reads it, with its checks of who can write it.
Result<std::vector<PolicyFile>> installed_policy();

/// Files that somebody is writing, anywhere and anyone's, as one policy in the order given. Each is
/// a regular file; all together are no larger than a policy may be.
Result<std::vector<PolicyFile>> policy_of_files(const std::vector<std::string>& paths);

/// Reads what the files of a policy name: as the helper does, for one that is `installed`; else as
/// the files that somebody is writing.
NamedFiles named_files(bool installed);

/// Warnings for what lies in policy.d and is no part of the policy, and why. `named` are those that
/// its files name.
std::vector<Problem> ignored_files(const std::vector<PolicyFile>& named);

}  // namespace modgate
