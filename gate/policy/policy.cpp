// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/policy.h"

#include <set>

namespace modgate {

std::vector<Member> Policy::members() const {
  std::vector<Member> members;
  for (const Role& role : roles_) {
    members.insert(members.end(), role.members.begin(), role.members.end());
  }
  return members;
}

std::vector<std::string> Policy::pam_services() const {
  std::set<std::string> services = {defaults_.terms.pam_service};
  const Terms* last = nullptr;
  for (const Rule& rule : rules_) {
    if (!rule.is_allow || rule.terms.get() == last) continue;
    last = rule.terms.get();
    services.insert(last->pam_service);
  }
  return {services.begin(), services.end()};
}

}  // namespace modgate
