// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "gate/confine/profile.h"

namespace modgate {

struct Account {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

/// The accounts that the house's processes run as, and what this host asks of those processes.
/// An account that was never filled in starts no compartment.
struct Accounts {
  Account loader;   ///< modgate
  Account inspect;  ///< modgate-inspect
  Account front;    ///< modgate-front
  Account audit;    ///< modgate-audit
  Account courier;  ///< modgate-courier, whose process is none of the house; may be missing
  /// CAP_AUDIT_WRITE can be handed on. Where it cannot (a container), the recorder goes without.
  bool kernel_audit = true;
  /// /etc/shadow gives its owner no right to read (mode 0000), so that PAM needs
  /// CAP_DAC_READ_SEARCH even as root.
  bool closed_shadow = false;
};

/// Every kind of process of the house, but the listener (permanently_limit_capabilities). DESIGN's
/// table "Processes, and what each may do", as data.
Profile session_profile();
Profile front_profile(const Accounts& accounts);
Profile recorder_profile(const Accounts& accounts);
Profile inspector_profile(const Accounts& accounts);
Profile unpacker_profile(const Accounts& accounts);
Profile loader_profile(const Accounts& accounts);
Profile reader_profile(const Accounts& accounts);
Profile authenticator_profile(const Accounts& accounts);

}  // namespace modgate
