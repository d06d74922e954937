// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// How often each rule, by its "file:line", decided a request, in the records of the log at
/// `directory` that were made under the policy with this digest.
Result<std::map<std::string, std::uint64_t>> count_rule_usage(const std::string& directory,
                                                              const std::string& policy_digest);

}  // namespace modgate
