// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "gate/policy/problem.h"
#include "modgate/decision.h"

namespace modgate {

/// A module of the kernel's tree, or one that is built in.
struct TreeModule {
  std::string name;   ///< canonical
  std::string place;  ///< "kernel/drivers/net/dummy"; empty for one that is built in
};

/// What is known of the world that a policy is for. What is not known is not warned about.
struct LintFacts {
  std::optional<std::vector<TreeModule>> modules;  ///< all of them
  /// Those of Policy::members() that exist. Names of others may be left out.
  std::optional<std::set<std::string>> users;
  std::optional<std::set<std::string>> groups;
  /// Those whose certificates lie in the directory of signers. "kernel" is one everywhere.
  std::optional<std::set<std::string>> signers;
  std::optional<Circumstances> now;  ///< of which the time counts
};

/// What is sound in a policy but cannot be what its author wants: rules that change nothing, rules
/// that never hold, members and signers that nobody is, and rules that are as good as root.
/// Warnings only, each certain, in the order of files and lines; at most 100. Pure.
std::vector<Problem> lint(const Policy& policy, const LintFacts& facts);

}  // namespace modgate
