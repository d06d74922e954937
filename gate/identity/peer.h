// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modgate/caller.h"
#include "modgate/result.h"

namespace modgate {

/// Reads who connected: uid, gid and groups from the kernel (SO_PEERCRED, SO_PEERGROUPS), the rest
/// from /proc through one directory descriptor, between two checks that the process still lives.
/// Where /proc cannot be read without a race its part stays empty; a credential look-up that fails,
/// and uid or gid -1, refuse the peer (CVE-2021-3560, CVE-2018-19788).
Result<Peer> read_peer(int connected_socket);

}  // namespace modgate
