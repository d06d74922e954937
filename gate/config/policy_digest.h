// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/config/policy_files.h"

namespace modgate {

/// Lower-case hex SHA-256 over the files of a policy and, after them, those that they name, which
/// every record of a request bears.
std::string policy_digest(const std::vector<PolicyFile>& files,
                          const std::vector<PolicyFile>& named = {});

}  // namespace modgate
