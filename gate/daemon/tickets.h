// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "gate/wire/channel.h"
#include "modgate/caller.h"

namespace modgate {

/// A ticket as a session is told of it.
struct ValidTicket {
  std::string service;
  Deadline until;
};

/// Who authenticated a short while ago. Lives in the listener's memory alone, so it ends with the
/// helper and with the boot; on a clock that setting the date does not move (CVE-2013-1775).
class Tickets {
 public:
  static constexpr std::size_t kMost = 4096;

  /// Notes one authentication. A caller without a login session, or a zero `life`, gets none. The
  /// ticket that ends first makes room when there are too many.
  void grant(uid_t uid, const LoginSession& session, const std::string& service,
             std::chrono::seconds life, Deadline now);

  /// What is still valid for this uid in this very session.
  [[nodiscard]] std::vector<ValidTicket> valid_for(uid_t uid, const LoginSession& session,
                                                   Deadline now) const;

  /// For a change of policy, and for every child: none of them has a use for others' tickets.
  void forget_all() noexcept { tickets_.clear(); }

 private:
  struct Ticket {
    uid_t uid;
    LoginSession session;
    std::string service;
    Deadline until;
  };
  std::vector<Ticket> tickets_;
};

}  // namespace modgate
