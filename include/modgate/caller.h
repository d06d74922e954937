// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modgate {

/// What a ticket is bound to besides the uid: the kernel's audit session or, where that is unset,
/// the controlling terminal with the start time of its session leader. A caller with neither
/// (`Kind::none`) gets no ticket.
struct LoginSession {
  enum class Kind : std::uint8_t { none, audit, terminal };
  Kind kind = Kind::none;
  std::uint64_t id = 0;            ///< audit session id, or device number of the terminal
  std::uint64_t leader_start = 0;  ///< terminal: clock ticks since boot (proc(5), field 22)

  friend bool operator==(const LoginSession&, const LoginSession&) = default;
};

/// The process that connected. For the record only: a pid can be reused between connect and
/// reading, so nothing here is ever a ground for a decision.
struct PeerProcess {
  pid_t pid = 0;
  std::string name;             ///< comm, raw bytes, at most 15
  std::int64_t started_ms = 0;  ///< epoch milliseconds, 0 where unknown
  std::string terminal;         ///< "pts/3", "ttyS0"; empty where there is none
  pid_t parent_pid = 0;
  std::string parent_name;
};

/// What the kernel says of the other end of the socket (SO_PEERCRED, SO_PEERGROUPS), and what
/// /proc said of its process when it connected.
struct Peer {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  std::vector<gid_t> groups;  ///< supplementary groups at connect; for reading rights on the log
  std::optional<uid_t> login_uid;  ///< nullopt where unset, or not read without a race
  std::optional<std::uint32_t> audit_session;
  LoginSession session;
  PeerProcess process;
};

struct Group {
  gid_t gid = static_cast<gid_t>(-1);
  std::string name;
};

/// A peer with the names that NSS has for it now.
struct Caller {
  Peer peer;
  std::string user;           ///< never empty: a uid without an account cannot be a caller
  std::vector<Group> groups;  ///< primary and supplementary groups by NSS, not those at connect
};

}  // namespace modgate
