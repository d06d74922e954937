// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/peer.h"

#include <limits.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gate/identity/peer_process.h"

namespace modgate {
namespace {

Error cannot_tell(const char* option, int code) {
  return {
      Outcome::unavailable,
      std::string("the kernel does not say who connected (") + option + "): " + std::strerror(code),
      code};
}

Result<std::vector<gid_t>> peer_groups(int connected_socket) {
  std::vector<gid_t> groups(32);
  // ERANGE tells the size that is needed; the peer's groups at connect never change.
  for (int tries = 0; tries < 2; ++tries) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(connected_socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE) break;
    const std::size_t needed = size / sizeof(gid_t);
    if (needed > NGROUPS_MAX) break;
    groups.resize(needed);
  }
  return cannot_tell("SO_PEERGROUPS", errno);
}

}  // namespace

Result<Peer> read_peer(int connected_socket) {
  ucred credentials = {0, static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  socklen_t size = sizeof credentials;
  if (::getsockopt(connected_socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return cannot_tell("SO_PEERCRED", errno);
  }
  // A socket without a peer has these values, and as an argument they mean "leave as it is".
  if (size != sizeof credentials || credentials.uid == static_cast<uid_t>(-1) ||
      credentials.gid == static_cast<gid_t>(-1)) {
    return Error{Outcome::denied, "the caller has no user or group of its own"};
  }
  auto groups = peer_groups(connected_socket);
  if (!groups) return groups.error();
  Peer peer;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.groups = std::move(*groups);
  describe_process(credentials.pid, peer_handle(connected_socket), peer);
  return peer;
}

}  // namespace modgate
