// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "modgate/caller.h"
#include "modgate/result.h"

namespace modgate {

/// Asks NSS for the name and all groups of `peer.uid`. It may block on the network: only for a
/// process that has a time limit. An unknown uid is refused (Outcome::denied).
Result<Caller> look_up_names(const Peer& peer);

/// The same for an account by name, for questions about others; `peer` of the result holds nothing
/// but the uid and gid.
Result<Caller> look_up_account(const std::string& user);

/// uid and primary gid of a service account such as "modgate".
struct ServiceAccount {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};
/// One that is root, or in root's group, is refused: it would be no account to drop to.
Result<ServiceAccount> look_up_service_account(const std::string& user);

}  // namespace modgate
