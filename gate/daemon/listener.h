// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/confine/compartment.h"
#include "gate/confine/filters.h"
#include "gate/confine/house.h"
#include "gate/daemon/notify.h"
#include "gate/daemon/options.h"
#include "gate/daemon/policy_keeper.h"
#include "gate/daemon/recorder_link.h"
#include "gate/daemon/session.h"
#include "gate/daemon/slowdown.h"
#include "gate/daemon/tickets.h"
#include "gate/daemon/trust.h"
#include "gate/daemon/turns.h"
#include "modgate/caller.h"

namespace modgate {

/// What the listener is made of, ready to serve.
struct ListenerParts {
  Fd socket;
  Fd courier_socket;  ///< empty: no courier can come
  Supervisor supervisor;
  DaemonOptions options;
  Accounts accounts;
  FilterSet filters;
  PolicyKeeper policy;
  Compartment recorder;
  RecorderControl control;
  KernelFinds kernel;
};

/// The process that lives as long as the helper: accepts, looks who it is, keeps the limits, forks
/// a session for each connection, and holds what outlives a session: tickets, turns, delays. From
/// its children it takes messages of fixed size only.
class Listener {
 public:
  explicit Listener(ListenerParts parts) : parts_(std::move(parts)) {}

  /// Serves until a signal asks it to stop (0) or the recorder is gone (1).
  int run();

 private:
  using SessionId = Turns::SessionId;
  struct Session {
    Compartment process;
    Channel link;
    Peer peer;
    std::uint64_t image_bytes = 0;
  };
  struct Delayed {
    Fd socket;
    Peer peer;
    Deadline not_before;
  };

  Status watch_signals();
  bool turn_once();
  [[nodiscard]] int time_to_wait(Deadline now) const;
  void on_signals();
  void take_connections();
  void take_courier();
  void admit(Fd socket, Peer peer);
  void start_session(Fd socket, const Peer& peer);
  void turn_away_for_want(const Fd& socket, const std::string& of);
  void start_delayed(Deadline now);
  void listen_to(SessionId id, Session& session);
  bool answer(SessionId id, Session& session, std::string_view bytes);
  void grant_ticket(const Session& session, const std::string& service);
  [[nodiscard]] bool may_hold(const Session& session, std::uint64_t bytes) const;
  void begin_turns(Deadline now);
  void reap(SessionId id);
  void look_at_policy();
  /// False, and said in the journal, where it cannot be recorded.
  bool put_on_record(const Record& record);
  int stop();
  [[nodiscard]] bool has_room_for(uid_t uid) const;
  [[nodiscard]] bool may_read_whole_log(const Peer& peer) const;

  ListenerParts parts_;
  Fd signals_;
  std::map<SessionId, Session> sessions_;
  std::vector<Delayed> delayed_;
  SessionId next_session_ = 1;
  Tickets tickets_;
  Turns turns_;
  Slowdown crashes_{kCrashTerms};
  Deadline accept_again_{};
  Deadline watchdog_due_{};
  Deadline want_said_{};
  bool stopping_ = false;
  bool recorder_gone_ = false;
};

}  // namespace modgate
