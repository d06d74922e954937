// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "gate/confine/filters.h"
#include "gate/confine/profile.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// What the function inside a compartment finds: its end of the channel to the parent (a
/// SOCK_SEQPACKET socket), and the descriptors it was given, in their order. Nothing else is open.
/// The numbers are from 3 on and close on exec.
struct Inside {
  int parent = -1;
  std::vector<int> given;
};

/// How a compartment ended. A body that was never reached, because the profile could not be applied
/// whole: exit status 71 (kConfinementFailed).
struct Ending {
  bool exited = false;  ///< else killed by `signal`
  int status = 0;       ///< exit status
  int signal = 0;
};

/// Whether a call failed with this errno for want of descriptors or memory, which others may give
/// back.
bool is_shortage(int code) noexcept;

/// A child process with a profile. The one mechanism for every process of the house.
///
/// In the child, before `body` runs: default signals, empty environment, "/" as the directory, only
/// the given descriptors, the deadline and limits armed, the profile applied in the proven order
/// and then read back. Any step that fails ends the child before `body`. `body` returns the exit
/// status; an exception ends the child with status 70. Destructors of the parent's objects never
/// run there.
class [[nodiscard]] Compartment {
 public:
  using Body = std::function<int(const Inside&)>;

  /// For a process with a single thread. Refused without a fork: a profile without an account, uid
  /// 0 with an allow-list, other descriptors than those of the profile, and a parent that ignores
  /// SIGCHLD (how the child ended would be lost, and its number could be another process's).
  static Result<Compartment> start(const Profile& profile, const FilterSet& filters,
                                   const std::vector<int>& given, const Body& body);

  Compartment(Compartment&&) noexcept = default;
  Compartment& operator=(Compartment&&) noexcept;
  Compartment(const Compartment&) = delete;
  Compartment& operator=(const Compartment&) = delete;
  /// Kills the child if it still runs, and does not wait for its end: what is left of it is cleared
  /// away when this process ends.
  ~Compartment();

  /// The parent's end of the channel. Hang-up tells that the child is gone or has closed it.
  [[nodiscard]] int channel() const noexcept { return channel_.get(); }
  Fd release_channel() noexcept { return std::move(channel_); }

  /// Readable once the child has ended (pidfd_open(2)).
  [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// SIGKILL through the pidfd. CAP_KILL is raised where that is needed: a child of another uid
  /// cannot be killed without. Harmless on a child that has ended.
  Status kill();

  /// How the child ended, once pidfd() is readable; an error before, and after the first time.
  Result<Ending> reap();

 private:
  Compartment(Fd pidfd, Fd channel, pid_t pid)
      : pidfd_(std::move(pidfd)), channel_(std::move(channel)), pid_(pid) {}
  void abandon() noexcept;

  Fd pidfd_;
  Fd channel_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

}  // namespace modgate
