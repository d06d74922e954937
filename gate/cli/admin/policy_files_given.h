// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/parse.h"
#include "gate/policy/problem.h"
#include "modgate/result.h"

namespace modgate {

/// The files of a policy, and what tells one state of them from another.
struct GivenPolicy {
  std::vector<PolicySource> sources;
  std::string digest;  ///< as records bear it; empty for files that no helper reads
};

/// The policy as the helper reads it, with its checks of who can write it.
Result<GivenPolicy> installed_policy();

/// Files that somebody is writing, anywhere and anyone's, as one policy in the order given. Each is
/// a regular file; all together are no larger than a policy may be.
Result<GivenPolicy> policy_of_files(const std::vector<std::string>& paths);

/// Warnings for what lies in policy.d and is no part of the policy, and why.
std::vector<Problem> ignored_files();

}  // namespace modgate
