// SPDX-License-Identifier: Apache-2.0
#include "gate/client/connection.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace modgate {
namespace {

/// How long a full queue of connections is waited for.
constexpr timeval kConnectTime = {10, 0};

Error cannot_connect(const std::string& path, int code) {
  std::string advice =
      "is the helper running? An administrator finds out with: systemctl status "
      "modgate.socket";
  if (code == ECONNREFUSED) {
    advice =
        "nobody listens there; an administrator starts it with: systemctl start modgate.socket";
  }
  if (code == EACCES) {
    advice =
        "the socket does not let you in; an administrator finds out why with: "
        "systemctl status modgate.socket";
  }
  if (code == EAGAIN) advice = "the helper is too busy; try again later";
  return {Outcome::unavailable,
          "cannot connect to " + path + " (" + std::strerror(code) + "): " + advice, code};
}

}  // namespace

bool is_trusted_server(uid_t server, uid_t caller, bool chosen_socket) noexcept {
  return server == 0 || (chosen_socket && server == caller);
}

Result<Channel> connect_to_gate(const std::string& path, bool chosen_socket) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{Outcome::usage, "the path of the socket is empty or too long"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_connect(path, errno);
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectTime, sizeof kConnectTime) !=
      0) {
    return cannot_connect(path, errno);
  }
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
         0) {
    // A stop and a continue at the terminal, while the queue is full.
    if (errno != EINTR) return cannot_connect(path, errno);
  }
  ucred server = {};
  socklen_t size = sizeof server;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &server, &size) != 0) {
    return cannot_connect(path, errno);
  }
  if (!is_trusted_server(server.uid, ::geteuid(), chosen_socket)) {
    return Error{Outcome::unavailable, "the helper at " + path + " runs as uid " +
                                           std::to_string(server.uid) +
                                           " and not as root: nothing was sent to it"};
  }
  return Channel(std::move(socket));
}

}  // namespace modgate
