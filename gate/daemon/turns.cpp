// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/turns.h"

#include <algorithm>

namespace modgate {

Turns::Waiting* Turns::find(SessionId session) {
  const auto found = std::find_if(line_.begin(), line_.end(), [session](const Waiting& waiting) {
    return waiting.session == session;
  });
  return found == line_.end() ? nullptr : &*found;
}

bool Turns::is_taken(uid_t uid) const {
  return std::any_of(line_.begin(), line_.end(), [uid](const Waiting& waiting) {
    return waiting.uid == uid && waiting.has_turn;
  });
}

void Turns::want(SessionId session, uid_t uid) {
  if (find(session) == nullptr) line_.push_back({session, uid, false, false});
}

std::vector<Turns::SessionId> Turns::begin_due(Deadline now) {
  std::vector<SessionId> due;
  for (Waiting& waiting : line_) {
    if (waiting.has_turn || is_taken(waiting.uid)) continue;
    if (passwords_.not_before(waiting.uid, now) > now) continue;
    waiting.has_turn = true;
    due.push_back(waiting.session);
  }
  return due;
}

std::optional<Deadline> Turns::next_due(Deadline now) const {
  std::optional<Deadline> next;
  for (const Waiting& waiting : line_) {
    if (waiting.has_turn || is_taken(waiting.uid)) continue;
    const Deadline due = passwords_.not_before(waiting.uid, now);
    if (!next || due < *next) next = due;
  }
  return next;
}

bool Turns::count(SessionId session, Deadline now) {
  Waiting* waiting = find(session);
  if (waiting == nullptr || !waiting->has_turn) return false;
  // A second factor in the same conversation is the same try.
  if (!waiting->counted) passwords_.strike(waiting->uid, now);
  waiting->counted = true;
  return true;
}

bool Turns::succeed(SessionId session) {
  const Waiting* waiting = find(session);
  if (waiting == nullptr || !waiting->has_turn) return false;
  // A service that asked for no secret proves nothing about earlier guesses.
  if (waiting->counted) passwords_.forgive(waiting->uid);
  return true;
}

void Turns::leave(SessionId session) {
  std::erase_if(line_, [session](const Waiting& waiting) { return waiting.session == session; });
}

}  // namespace modgate
