// SPDX-License-Identifier: Apache-2.0
// What the listener hears of its sessions, what it grants them, and how they end.
#include <algorithm>
#include <chrono>

#include "gate/daemon/listener.h"
#include "gate/daemon/listener_link.h"
#include "gate/daemon/log_line.h"

namespace modgate {
namespace {

constexpr std::uint64_t kImagesOfAll = 1ULL << 30U;
constexpr std::uint64_t kImagesOfOne = 512ULL << 20U;

Deadline shortly() { return BootClock::now() + std::chrono::seconds(5); }

}  // namespace

bool Listener::may_hold(const Session& session, std::uint64_t bytes) const {
  std::uint64_t of_all = 0;
  std::uint64_t of_one = 0;
  for (const auto& [id, other] : sessions_) {
    of_all += other.image_bytes;
    if (other.peer.uid == session.peer.uid) of_one += other.image_bytes;
  }
  return bytes <= kImagesOfOne && of_all + bytes <= kImagesOfAll && of_one + bytes <= kImagesOfOne;
}

void Listener::grant_ticket(const Session& session, const std::string& service) {
  const Policy* policy = parts_.policy.policy();
  if (policy == nullptr) return;
  const auto services = policy->pam_services();
  if (std::find(services.begin(), services.end(), service) == services.end()) return;
  tickets_.grant(session.peer.uid, session.peer.session, service, policy->ticket(),
                 BootClock::now());
}

/// One message of a session. One that has hung up is about to end; one that breaks the form of its
/// messages is ended.
void Listener::listen_to(SessionId id, Session& session) {
  auto message = session.link.receive(sizeof(ToListener), 0, shortly());
  if (message && !*message) return session.link.close();
  if (message && answer(id, session, (*message)->bytes)) return;
  session.link.close();
  if (auto killed = session.process.kill(); !killed) log_line(killed.error().message);
}

/// False where the message has no place here.
bool Listener::answer(SessionId id, Session& session, std::string_view bytes) {
  const auto word = decode_to_listener(bytes);
  if (!word) return false;
  ToSession reply{ToSession::Kind::go_on};
  switch (word->kind) {
    case ToListener::Kind::begin_try:
      turns_.want(id, session.peer.uid);
      return true;
    case ToListener::Kind::count_try:
      if (!turns_.count(id, BootClock::now())) return false;
      break;
    case ToListener::Kind::try_succeeded:
      if (!turns_.succeed(id)) return false;
      grant_ticket(session, word->service);
      return true;
    case ToListener::Kind::end_try:
      turns_.leave(id);
      return true;
    case ToListener::Kind::reserve:
      if (may_hold(session, word->bytes)) {
        session.image_bytes += word->bytes;
      } else {
        reply.kind = ToSession::Kind::too_much;
      }
      break;
  }
  return static_cast<bool>(session.link.send(encode(reply), shortly()));
}

void Listener::begin_turns(Deadline now) {
  for (const SessionId id : turns_.begin_due(now)) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end() ||
        !found->second.link.send(encode({ToSession::Kind::go_on}), shortly())) {
      turns_.leave(id);
    }
  }
}

void Listener::reap(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  auto ending = found->second.process.reap();
  const uid_t uid = found->second.peer.uid;
  const bool crashed =
      !ending || !ending->exited || ending->status == static_cast<int>(SessionExit::child_crashed);
  if (crashed) {
    crashes_.strike(uid, BootClock::now());
    Record record;
    record.kind = RecordKind::recovery;
    record.outcome = Outcome::unavailable;
    record.message = "a process that served uid " + std::to_string(uid) + " died" +
                     (ending && !ending->exited ? " by signal " + std::to_string(ending->signal)
                                                : std::string());
    log_line(record.message);
    put_on_record(record);
  }
  turns_.leave(id);
  sessions_.erase(found);
}

}  // namespace modgate
