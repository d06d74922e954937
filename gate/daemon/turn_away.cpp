// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/turn_away.h"

#include <sys/socket.h>

#include "gate/wire/reply.h"
#include "modgate/request.h"

namespace modgate {

void turn_away(const Fd& socket, const std::string& why) {
  const std::string reply = encode_reply(ReplyEnd{Outcome::unavailable, why, {}, {}});
  static_cast<void>(::send(socket.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void turn_away_waiting(const Fd& listening, const std::string& why) {
  for (int count = 0; count < Limits::requests_in_flight; ++count) {
    const Fd socket(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    turn_away(socket, why);
  }
}

}  // namespace modgate
