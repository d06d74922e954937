// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "catch.h"
#include "gate/wire/channel.h"
#include "modgate/handle.h"

namespace modgate::sample {

/// A socket bound to `path`; it listens where `listens`.
inline Fd bound_socket(const std::string& path, bool listens = true, int type = SOCK_SEQPACKET) {
  Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  REQUIRE(socket);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (listens) REQUIRE(::listen(socket.get(), 4) == 0);
  return socket;
}

}  // namespace modgate::sample
