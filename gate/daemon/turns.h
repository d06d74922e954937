// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "gate/daemon/slowdown.h"
#include "gate/wire/channel.h"

namespace modgate {

/// Whose turn it is to authenticate: one try at a time for each uid, after the delay that its
/// earlier failures cost. A try counts from the moment a secret is about to reach PAM and is taken
/// back only by success, so hanging up gains nothing. Sessions go by numbers of the listener's.
class Turns {
 public:
  using SessionId = std::uint64_t;

  /// The session waits from now on. A session that waits or has its turn already is left as it is.
  void want(SessionId session, uid_t uid);

  /// Those whose turn begins now.
  std::vector<SessionId> begin_due(Deadline now);

  /// When begin_due() may have somebody again only because time has passed; nullopt: nobody waits
  /// for time.
  [[nodiscard]] std::optional<Deadline> next_due(Deadline now) const;

  /// A secret is about to reach PAM. False for a session without a turn: then it must not.
  [[nodiscard]] bool count(SessionId session, Deadline now);

  /// The try succeeded. False for a session without a turn: then there is no success.
  [[nodiscard]] bool succeed(SessionId session);

  /// The turn, or the waiting for it, is over.
  void leave(SessionId session);

 private:
  struct Waiting {
    SessionId session = 0;
    uid_t uid = static_cast<uid_t>(-1);
    bool has_turn = false;
    bool counted = false;
  };
  Waiting* find(SessionId session);
  [[nodiscard]] bool is_taken(uid_t uid) const;

  std::vector<Waiting> line_;  ///< in the order in which they came
  Slowdown passwords_{kPasswordTerms};
};

}  // namespace modgate
