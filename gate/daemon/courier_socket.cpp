// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/courier_socket.h"

#include <string.h>
#include <sys/socket.h>

#include <cerrno>

namespace modgate {

Result<Fd> accept_courier(const Fd& socket, const Account& courier) {
  Fd connection(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) {
    return Error{Outcome::unavailable, std::string("the courier: ") + ::strerror(errno), errno};
  }
  ucred peer = {};
  socklen_t length = sizeof peer;
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return Error{Outcome::unavailable, "the courier's uid cannot be read", errno};
  }
  // An account that was never found has the id that no process can have.
  const bool is_courier =
      courier.uid != static_cast<uid_t>(-1) && (peer.uid == courier.uid || peer.gid == courier.gid);
  if (!is_courier) {
    return Error{Outcome::denied, "uid " + std::to_string(peer.uid) +
                                      " connected as the courier, and is not modgate-courier"};
  }
  return connection;
}

}  // namespace modgate
