// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <vector>

#include "gate/confine/profile.h"

namespace modgate {

/// One line of a filter: what is done with a call whose arguments are as `when` says (all of it;
/// empty: whatever the arguments are).
struct FilterRule {
  std::uint32_t action;
  int call;
  std::vector<scmp_arg_cmp> when = {};
};

/// A filter as data.
struct FilterRules {
  std::uint32_t otherwise;  ///< for calls and arguments that no rule names
  std::vector<FilterRule> rules;
};

FilterRules rules_of(Filter filter);

}  // namespace modgate
