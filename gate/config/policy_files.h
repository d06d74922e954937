// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/policy_file.h"
#include "modgate/result.h"

namespace modgate {

/// Where the administrator keeps the policy.
struct PolicyLocation {
  std::string policy = "/etc/modgate/policy.toml";
  std::string policy_dir = "/etc/modgate/policy.d";
  std::string signers = "/etc/modgate/signers";
};

/// All files of a policy together.
inline constexpr std::size_t kMostPolicyBytes = std::size_t{64} << 20U;

/// Whether a file of this name in policy_dir is part of the policy: "*.toml", hidden files are not.
bool is_policy_file_name(std::string_view name);

/// Reads policy.toml and the *.toml files of policy_dir in name order, each as read_root_owned()
/// does. A missing policy_dir is an empty one; policy.toml must exist. Any unsafe or unreadable
/// *.toml file, an unsafe policy_dir, and more than kMostPolicyBytes fail the whole.
Result<std::vector<PolicyFile>> read_policy_files(const PolicyLocation& location);

/// A text that changes whenever one of the files, or the list of files, in the policy or signers
/// may have changed (device, inode, size, change time, owner and mode of each; of the directories
/// above them device, inode, owner and mode, which decide whether the files are trusted); cheap,
/// reads no content. Missing files are a state like any other; it never fails.
std::string policy_fingerprint(const PolicyLocation& location);

/// The same for one file that the policy names.
std::string file_fingerprint(const std::string& path);

}  // namespace modgate
