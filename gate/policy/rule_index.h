// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gate/policy/key_index.h"
#include "modgate/caller.h"

namespace modgate {

struct Role;
struct Rule;

/// The number of a role in Policy::roles(), and of a rule in Policy::rules().
using RoleNumber = std::uint32_t;
using RuleNumber = std::uint32_t;

/// Of a global deny.
inline constexpr RoleNumber kNoRole = UINT32_MAX;

/// Where to look in a policy, so that a decision takes as long with 100,000 rules as with ten. It
/// only leaves out what cannot matter: whether a rule is about a module is for matching.h to say.
class RuleIndex {
 public:
  RuleIndex() = default;
  RuleIndex(const std::vector<Role>& roles, const std::vector<Rule>& rules);

  /// Ascending. `roles` are those that the index was made of.
  [[nodiscard]] std::vector<RoleNumber> roles_of(const std::vector<Role>& roles,
                                                 const Caller& caller) const;

  /// All rules of these roles and the global denies, ascending. `rules` are those that the index
  /// was made of.
  [[nodiscard]] std::vector<RuleNumber> rules_of(const std::vector<Rule>& rules,
                                                 const std::vector<RoleNumber>& roles) const;

  /// Of these, at least those that name the module, or name none; ascending.
  [[nodiscard]] std::vector<RuleNumber> rules_about(const std::vector<Rule>& rules,
                                                    const std::vector<RoleNumber>& roles,
                                                    std::string_view module) const;

 private:
  struct Place {
    RoleNumber role = 0;
    std::uint32_t member = 0;
  };
  void add_members(const std::vector<Role>& roles);

  KeyIndex members_;  ///< of members: numbers in places_
  std::vector<Place> places_;
  KeyIndex of_role_;           ///< of roles: all their rules
  KeyIndex by_name_;           ///< of roles and names: rules with that name
  KeyIndex by_beginning_;      ///< of roles and beginnings of globs
  std::uint64_t lengths_ = 0;  ///< which lengths such beginnings have, a bit each
};

}  // namespace modgate
