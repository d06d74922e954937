// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "gate/policy/policy.h"

namespace modgate {

/// Which users and groups of `members` NSS knows. A name that it cannot be asked about now counts
/// as known: a warning has to be certain.
struct KnownNames {
  std::set<std::string> users;
  std::set<std::string> groups;
};
KnownNames known_names(const std::vector<Member>& members);

}  // namespace modgate
