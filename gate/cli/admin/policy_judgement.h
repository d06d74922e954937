// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gate/cli/output.h"
#include "gate/policy/parse.h"
#include "modgate/decision.h"

namespace modgate {

/// A policy with everything that there is to say about it on this machine.
struct JudgedPolicy {
  std::optional<Policy> policy;  ///< where its files parse
  std::vector<Problem> problems;
  std::string digest;  ///< as records bear it; empty for files that no helper reads

  /// Whether a helper would take it.
  [[nodiscard]] bool is_valid() const;
};

/// Parses and merges the files and looks for what cannot be meant. `installed`: where a helper
/// reads them; then the PAM services that they name are part of it, and what else lies in policy.d.
JudgedPolicy judge_policy(const std::vector<PolicyFile>& sources, bool installed);

/// Parses files as they are to be where a helper reads them, and no more.
ParsedPolicy parse_installed(const std::vector<PolicyFile>& sources);

/// This moment, as decisions need it.
Circumstances this_moment();

/// Prints one problem a line: "file:line:column: error: message", or an object.
Status show_problems(Output& output, const std::vector<Problem>& problems);

}  // namespace modgate
