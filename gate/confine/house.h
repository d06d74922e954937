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

/// What the listener cannot serve without: what a loader holds, and what it takes to make processes
/// and to end them. Permitted, never effective but for the moment of such a step.
std::vector<cap_value_t> needed_by_listener();

/// What the listener has besides, only to hand it on: what an authenticator of this host is given.
/// What the recorder is given as well is given up once there is one, as there is never another.
std::vector<cap_value_t> handed_on_by_listener(const Accounts& accounts);

/// Every other kind of process of the house: with the listener's capabilities the table "What must
/// be trusted" of SECURITY.md, as data.
Profile session_profile();
Profile front_profile(const Accounts& accounts);
Profile recorder_profile(const Accounts& accounts);
Profile inspector_profile(const Accounts& accounts);
Profile unpacker_profile(const Accounts& accounts);
Profile loader_profile(const Accounts& accounts);
Profile reader_profile(const Accounts& accounts);
Profile authenticator_profile(const Accounts& accounts);

}  // namespace modgate
