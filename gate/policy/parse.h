// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "gate/policy/problem.h"
#include "modgate/policy_file.h"
#include "modgate/result.h"

namespace modgate {

/// Gives the text of a file that a policy names, or says why it must not count.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

struct ParseOptions {
  /// Where no policy names a `pam_service`.
  std::string default_pam_service = "modgate";
  /// Reads the files that rules name (`sha256_file`); the path is that of the policy file with
  /// another last part. Without it, to name one is an error. May be asked twice for one path, and
  /// then has to say the same.
  FileReader read_file = {};
  /// How much of a file is parsed at once. Matters for time and memory alone.
  std::size_t piece_bytes = std::size_t{256} << 10U;
};

/// `policy` has a value only where no problem is an error. Problems stand in the order of the files
/// and of their lines; of errors and warnings there are at most 100 each.
struct ParsedPolicy {
  std::optional<Policy> policy;
  std::vector<Problem> problems;
};

/// Parses and merges the files in the given order, and those that they name. Never throws on any
/// input; nothing of a policy with an error takes effect. A key that this version cannot act on is
/// an error.
ParsedPolicy parse_policy(const std::vector<PolicyFile>& sources, const ParseOptions& options = {});

}  // namespace modgate
