// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gate/policy/digest_shelf.h"
#include "gate/policy/pattern_shelf.h"
#include "gate/policy/policy.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// What an allow says of its terms; what it leaves to the defaults has no value.
struct WrittenTerms {
  std::optional<bool> authenticate;
  std::optional<std::string> pam_service;
  std::optional<ReasonRule> reason;
  std::optional<bool> anchor;

  [[nodiscard]] bool says_anything() const noexcept {
    return authenticate || pam_service || reason || anchor;
  }
};

/// One rule as its file has it: its terms are still to be set.
struct WrittenRule {
  Rule rule;
  std::unique_ptr<WrittenTerms> terms;  ///< null where all is left to the defaults
};

/// Whose rules are read, and what all rules of a policy share.
struct RuleScope {
  std::shared_ptr<const std::string> file;
  std::shared_ptr<const std::string> role_name;  ///< empty for global denies
  RoleNumber role = kNoRole;
  std::shared_ptr<const RuleDetails> no_details;  ///< of rules that only name modules
  PatternShelf& patterns;
  DigestShelf& digests;
};

WrittenRule parse_rule(const toml::table& table, const RuleScope& scope, bool is_allow,
                       ProblemList& problems);

}  // namespace modgate
