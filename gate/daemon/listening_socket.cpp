// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/listening_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace modgate {
namespace {

constexpr int kBacklog = 128;

Error failed(const std::string& what, const std::string& path) {
  return {Outcome::unavailable, what + ' ' + path + ": " + std::strerror(errno), errno};
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{Outcome::usage, "the path of the socket is empty or too long: " + path};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Removes a socket that nobody listens on any more.
Status clear(const std::string& path, const sockaddr_un& address) {
  struct stat state = {};
  if (::lstat(path.c_str(), &state) != 0) {
    if (errno == ENOENT) return Done{};
    return failed("cannot look at", path);
  }
  if (!S_ISSOCK(state.st_mode)) {
    return Error{Outcome::unavailable, path + " is in the way and no socket"};
  }
  const Fd probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!probe) return failed("cannot make a socket for", path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return Error{Outcome::unavailable, "another helper listens on " + path};
  }
  if (::unlink(path.c_str()) != 0) return failed("cannot remove the old", path);
  return Done{};
}

Result<Fd> make_socket(const std::string& path, mode_t mode, std::optional<gid_t> group) {
  auto address = address_of(path);
  if (!address) return address.error();
  if (auto cleared = clear(path, *address); !cleared) return cleared.error();
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return failed("cannot make a socket for", path);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed("cannot bind", path);
  }
  if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return failed("cannot set the group of", path);
  }
  if (::chmod(path.c_str(), mode) != 0) return failed("cannot set the mode of", path);
  if (::listen(socket.get(), kBacklog) != 0) return failed("cannot listen on", path);
  return socket;
}

}  // namespace

Result<Fd> make_listening_socket(const std::string& path) {
  return make_socket(path, 0666, std::nullopt);
}

Result<Fd> make_courier_socket(const std::string& path, gid_t group) {
  return make_socket(path, 0660, group);
}

}  // namespace modgate
