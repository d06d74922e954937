// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gate/policy/policy.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// One rule as its file has it; what it leaves to the defaults has no value.
struct WrittenRule {
  Rule rule;
  std::optional<bool> authenticate;
  std::optional<std::string> pam_service;
  std::optional<ReasonRule> reason;
};

/// `role` is empty for a global deny.
WrittenRule parse_rule(const toml::table& table, const std::string& role, bool is_allow,
                       ProblemList& problems);

}  // namespace modgate
