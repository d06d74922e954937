// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/listener.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "gate/audit/uuid.h"
#include "gate/daemon/courier_socket.h"
#include "gate/daemon/log_line.h"
#include "gate/daemon/session_world.h"
#include "gate/daemon/turn_away.h"
#include "gate/identity/peer.h"

namespace modgate {
namespace {

constexpr int kAcceptsInOneTurn = 16;
constexpr std::chrono::seconds kPauseWithoutDescriptors{1};
constexpr std::chrono::seconds kBetweenWords{10};
constexpr std::chrono::seconds kStopTime{20};
constexpr std::chrono::seconds kRecordingTime{5};

std::vector<CourierWitness> witnesses_of(const Policy& policy) {
  std::vector<CourierWitness> witnesses;
  for (const Witness& witness : policy.witnesses()) {
    witnesses.push_back({witness.name, witness.url, witness.key});
  }
  return witnesses;
}

}  // namespace

Status Listener::watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
    return Error{Outcome::unavailable, "sigprocmask failed", errno};
  }
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return Error{Outcome::unavailable, "signalfd failed", errno};
  return Done{};
}

int Listener::run() {
  if (auto watched = watch_signals(); !watched) {
    log_line(watched.error().message);
    return 1;
  }
  look_at_policy();
  parts_.supervisor.tell("READY=1");
  while (!stopping_ && !recorder_gone_) {
    if (!turn_once()) return 1;
  }
  return stop();
}

int Listener::time_to_wait(Deadline now) const {
  Deadline next = now + std::chrono::hours(1);
  for (const Delayed& delayed : delayed_) next = std::min(next, delayed.not_before);
  if (const auto due = turns_.next_due(now)) next = std::min(next, *due);
  if (accept_again_ > now) next = std::min(next, accept_again_);
  if (parts_.supervisor.watchdog()) next = std::min(next, watchdog_due_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

/// Waits for the next thing to happen and deals with all that has happened.
bool Listener::turn_once() {
  const Deadline before = BootClock::now();
  std::vector<pollfd> ready = {
      {signals_.get(), POLLIN, 0},
      {parts_.recorder.pidfd(), POLLIN, 0},
      {accept_again_ > before || stopping_ ? -1 : parts_.socket.get(), POLLIN, 0}};
  std::vector<SessionId> ids;
  for (const auto& [id, session] : sessions_) {
    ready.push_back({session.link.get(), POLLIN, 0});
    ready.push_back({session.process.pidfd(), POLLIN, 0});
    ids.push_back(id);
  }
  ready.push_back(
      {accept_again_ > before || stopping_ ? -1 : parts_.courier_socket.get(), POLLIN, 0});
  if (::poll(ready.data(), ready.size(), time_to_wait(before)) < 0 && errno != EINTR) {
    log_line(std::string("poll: ") + std::strerror(errno));
    return false;
  }
  if (ready[0].revents != 0) on_signals();
  if (ready[1].revents != 0) recorder_gone_ = true;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    Session& session = sessions_.at(ids[at]);
    const bool ended = ready[4 + 2 * at].revents != 0;
    if (ready[3 + 2 * at].revents != 0) listen_to(ids[at], session);
    if (ended) reap(ids[at]);
  }
  if (ready[2].revents != 0 && !recorder_gone_) take_connections();
  if (ready.back().revents != 0 && !recorder_gone_) take_courier();

  const Deadline now = BootClock::now();
  start_delayed(now);
  begin_turns(now);
  if (const auto period = parts_.supervisor.watchdog(); period && watchdog_due_ <= now) {
    parts_.supervisor.tell("WATCHDOG=1");
    watchdog_due_ = now + *period;
  }
  return true;
}

void Listener::on_signals() {
  signalfd_siginfo info = {};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      look_at_policy();
    } else {
      stopping_ = true;
    }
  }
}

void Listener::take_connections() {
  for (int count = 0; count < kAcceptsInOneTurn; ++count) {
    Fd socket(::accept4(parts_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      if (is_shortage(errno)) {
        // Waiting in the backlog is better than spinning here.
        accept_again_ = BootClock::now() + kPauseWithoutDescriptors;
      }
      return;
    }
    auto peer = read_peer(socket.get());
    if (!peer) {
      turn_away(socket, peer.error().message);
      continue;
    }
    admit(std::move(socket), std::move(*peer));
  }
}

/// The courier talks to the recorder; who it is, is all that is looked at here.
void Listener::take_courier() {
  auto connection = accept_courier(parts_.courier_socket, parts_.accounts.courier);
  if (!connection) {
    if (is_shortage(connection.error().code)) {
      accept_again_ = BootClock::now() + kPauseWithoutDescriptors;
    }
    return log_line(connection.error().message);
  }
  if (auto handed = parts_.control.hand_over_courier(*connection); !handed) {
    log_line(handed.error().message);
  }
}

bool Listener::has_room_for(uid_t uid) const {
  int of_uid = 0;
  for (const auto& [id, session] : sessions_) of_uid += session.peer.uid == uid ? 1 : 0;
  for (const Delayed& delayed : delayed_) of_uid += delayed.peer.uid == uid ? 1 : 0;
  return of_uid < Limits::requests_per_uid &&
         sessions_.size() + delayed_.size() < std::size_t{Limits::requests_in_flight};
}

void Listener::admit(Fd socket, Peer peer) {
  if (!has_room_for(peer.uid)) {
    return turn_away(socket, "too busy: too many requests are under way; try again in a moment");
  }
  const Deadline now = BootClock::now();
  const Deadline not_before = crashes_.not_before(peer.uid, now);
  if (not_before > now) {
    delayed_.push_back({std::move(socket), std::move(peer), not_before});
    return;
  }
  start_session(std::move(socket), peer);
}

void Listener::start_delayed(Deadline now) {
  for (std::size_t at = 0; at < delayed_.size();) {
    if (delayed_[at].not_before > now) {
      ++at;
      continue;
    }
    Delayed due = std::move(delayed_[at]);
    delayed_.erase(delayed_.begin() + static_cast<std::ptrdiff_t>(at));
    start_session(std::move(due.socket), due.peer);
  }
}

bool Listener::may_read_whole_log(const Peer& peer) const {
  const gid_t reviewers = parts_.accounts.audit.gid;
  return peer.uid == 0 || peer.gid == reviewers ||
         std::find(peer.groups.begin(), peer.groups.end(), reviewers) != peer.groups.end();
}

/// Those who are turned away must not be able to fill the journal: it is told once in a while.
void Listener::turn_away_for_want(const Fd& socket, const std::string& of) {
  turn_away(socket, "too busy: no process could be started; try again in a moment");
  const Deadline now = BootClock::now();
  if (now < want_said_ + kBetweenWords) return;
  want_said_ = now;
  log_line("cannot start a session: " + of);
}

void Listener::start_session(Fd socket, const Peer& peer) {
  look_at_policy();
  const Deadline now = BootClock::now();
  const SessionSetup setup = {peer,
                              new_uuid(),
                              tickets_.valid_for(peer.uid, peer.session, now),
                              may_read_whole_log(peer),
                              now + std::chrono::seconds(Limits::request_seconds),
                              parts_.policy,
                              parts_.accounts,
                              parts_.options.modules_dir,
                              parts_.options.audit_dir,
                              parts_.options.policy.signers,
                              &parts_.kernel};
  auto records = parts_.control.open_connection(peer, setup.record_id);
  if (!records && is_shortage(records.error().code)) {
    return turn_away_for_want(socket, records.error().message);
  }
  if (!records) return turn_away(socket, records.error().message);
  auto process = Compartment::start(session_profile(), parts_.filters,
                                    {socket.get(), records->get()}, [&](const Inside& inside) {
                                      tickets_.forget_all();
                                      return run_session(inside, setup, parts_.filters);
                                    });
  if (!process) return turn_away_for_want(socket, process.error().message);
  Channel link(process->release_channel());
  sessions_.emplace(next_session_++, Session{std::move(*process), std::move(link), peer});
}

void Listener::look_at_policy() {
  const PolicyKeeper::Change change = parts_.policy.refresh();
  if (change == PolicyKeeper::Change::none) return;
  Record record;
  record.kind = RecordKind::policy;
  record.policy_digest = parts_.policy.digest();
  if (change == PolicyKeeper::Change::taken) {
    tickets_.forget_all();
    record.outcome = Outcome::done;
    record.message = "a new policy is in force";
    const std::string mode = parts_.policy.policy()->linux_audit();
    if (auto set = parts_.control.set_kernel_audit(mode); !set) log_line(set.error().message);
    if (auto set = parts_.control.set_witnesses(witnesses_of(*parts_.policy.policy())); !set) {
      log_line(set.error().message);
    }
    parts_.supervisor.tell("STATUS=serving");
  } else {
    record.outcome = Outcome::failed;
    record.message = parts_.policy.trouble();
    log_line("the policy is not valid" +
             std::string(parts_.policy.policy() == nullptr ? ", every request is refused"
                                                           : ", the last good one stays in force") +
             ":\n" + parts_.policy.trouble());
    parts_.supervisor.tell("STATUS=the policy is not valid: " + parts_.policy.trouble());
  }
  put_on_record(record);
}

/// Lets requests that are in the kernel come to their outcome, and ends all others.
int Listener::stop() {
  parts_.supervisor.tell("STOPPING=1");
  if (recorder_gone_) {
    log_line("the recorder is gone: nothing more is granted");
    return 1;
  }
  // Closed for writing a session hears that the helper stops, and no longer waits for anybody.
  for (auto& [id, session] : sessions_) {
    static_cast<void>(::shutdown(session.link.get(), SHUT_RDWR));
  }
  delayed_.clear();
  const Deadline until = BootClock::now() + kStopTime;
  while (!sessions_.empty() && !recorder_gone_ && BootClock::now() < until) {
    std::vector<pollfd> ready;
    std::vector<SessionId> ids;
    for (const auto& [id, session] : sessions_) {
      ready.push_back({session.process.pidfd(), POLLIN, 0});
      ids.push_back(id);
    }
    if (::poll(ready.data(), ready.size(), 1000) < 0 && errno != EINTR) break;
    for (std::size_t at = 0; at < ids.size(); ++at) {
      if (ready[at].revents != 0) reap(ids[at]);
    }
  }
  Record record;
  record.kind = RecordKind::stop;
  record.outcome = Outcome::done;
  record.message = "the helper stops";
  return put_on_record(record) ? 0 : 1;
}

bool Listener::put_on_record(const Record& record) {
  auto recorded = parts_.control.record(stamped_now(record), BootClock::now() + kRecordingTime);
  if (!recorded) log_line(recorded.error().message);
  return static_cast<bool>(recorded);
}

}  // namespace modgate
