// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "catch.h"
#include "gate/confine/capabilities.h"
#include "gate/confine/house.h"

namespace modgate::sample {

/// Accounts that nobody has: a process needs no name to have a uid.
inline Accounts accounts_of_a_test() {
  Accounts accounts;
  accounts.loader = {61001, 61001};
  accounts.inspect = {61002, 61002};
  accounts.front = {61003, 61003};
  accounts.audit = {61004, 61004};
  return accounts;
}

/// Every profile of the house.
inline std::vector<Profile> house_of_a_test() {
  const Accounts accounts = accounts_of_a_test();
  return {session_profile(),           front_profile(accounts),        recorder_profile(accounts),
          inspector_profile(accounts), unpacker_profile(accounts),     loader_profile(accounts),
          reader_profile(accounts),    authenticator_profile(accounts)};
}

/// Whether this process has what a listener needs to confine others.
inline bool can_confine() {
  for (const cap_value_t needed :
       {CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_SYS_MODULE, CAP_AUDIT_WRITE}) {
    auto permitted = is_permitted(needed);
    if (permitted && *permitted) continue;
    WARN("SKIPPED: only root can confine a process");
    return false;
  }
  return true;
}

}  // namespace modgate::sample
