// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "modgate/caller.h"
#include "modgate/handle.h"

namespace modgate {

/// What the kernel has to say about the process behind a socket.
struct PeerHandle {
  enum class Kind {
    pinned,       ///< `pidfd` is the very process that connected (SO_PEERPIDFD, Linux 6.5)
    unsupported,  ///< the kernel is older: only the number is known
    gone,         ///< the process has ended, or there is no telling
  };
  Kind kind = Kind::gone;
  Fd pidfd;
};

/// Asks the kernel for the process that connected. Kernels answer in four ways: ENOPROTOOPT (too
/// old); EINVAL or ESRCH for a process that is gone; a descriptor whose fdinfo says "Pid: -1" (gone
/// too); and a descriptor of a process that lives or waits for its parent.
PeerHandle peer_handle(int connected_socket);

/// Fills in what /proc says of the process `pid` of `peer.uid`: login uid, audit session, login
/// session and `peer.process`. Everything is read through one directory descriptor between two
/// checks that the process still lives; where one of them fails, all of it stays empty but the pid.
void describe_process(pid_t pid, PeerHandle handle, Peer& peer);

}  // namespace modgate
