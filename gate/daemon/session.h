// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/confine/compartment.h"
#include "gate/confine/filters.h"
#include "gate/confine/house.h"
#include "gate/daemon/policy_keeper.h"
#include "gate/daemon/tickets.h"
#include "gate/daemon/trust.h"
#include "gate/wire/channel.h"
#include "modgate/caller.h"

namespace modgate {

/// What a session is born with: captured by the listener at accept, inherited by the fork.
struct SessionSetup {
  Peer peer;
  std::string record_id;  ///< correlation id of this request's records
  std::vector<ValidTicket> tickets;
  bool may_read_whole_log = false;
  Deadline deadline;  ///< of everything outside the kernel, prompts included
  PolicyKeeper policy;
  Accounts accounts;
  std::string modules_dir;
  std::string audit_dir;
  std::string signers_dir;
  const KernelFinds* kernel;  ///< the listener's; never nullptr
};

/// How a session ends, for the listener.
enum class SessionExit : int { fine = 0, broken = 1, child_crashed = 3 };

/// The body of a session's process: one request of one caller, from its front to the reply.
/// `inside` has the listener as parent and is given the caller's socket and the channel to the
/// recorder.
int run_session(const Inside& inside, const SessionSetup& setup, const FilterSet& filters);

}  // namespace modgate
