// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/notify.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "gate/wire/fields.h"

namespace modgate {
namespace {

constexpr int kFirstHandedOver = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMostHandedOver = 2;

std::string take_variable(const char* name) {
  // Single-threaded, and before the environment is cleared for good.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  std::string text = value == nullptr ? "" : value;
  if (::unsetenv(name) != 0) text.clear();
  return text;
}

bool is_for_this_process(const std::string& pid) { return pid == std::to_string(::getpid()); }

}  // namespace

Result<Supervisor> Supervisor::from_environment() {
  Supervisor supervisor;
  const std::string pid = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  const std::string names = take_variable("LISTEN_FDNAMES");
  supervisor.address_ = take_variable("NOTIFY_SOCKET");
  const std::string period = take_variable("WATCHDOG_USEC");
  const std::string watched = take_variable("WATCHDOG_PID");

  if (!count.empty() && is_for_this_process(pid)) {
    if (auto taken = supervisor.take_sockets(count, names); !taken) return taken.error();
  }
  if (!period.empty() && (watched.empty() || is_for_this_process(watched))) {
    auto microseconds = parse_number(period, 3'600'000'000ULL);
    if (microseconds && *microseconds > 0) {
      supervisor.watchdog_ = std::chrono::microseconds(*microseconds / 2);
    }
  }
  if (!supervisor.address_.empty()) {
    supervisor.notify_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }
  return supervisor;
}

Status Supervisor::take_sockets(const std::string& count, const std::string& names) {
  const auto sockets = parse_number(count, kMostHandedOver);
  if (!sockets) {
    return Error{Outcome::unavailable,
                 "systemd handed over " + count + " sockets, expected 1 or 2"};
  }
  std::string_view rest = names;
  for (int at = 0; at < static_cast<int>(*sockets); ++at) {
    const std::string_view name = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    Fd& place = name == "courier" ? courier_socket_ : socket_;
    if (place) return Error{Outcome::unavailable, "systemd handed over two sockets of one kind"};
    place = Fd(kFirstHandedOver + at);
    if (::fcntl(place.get(), F_SETFD, FD_CLOEXEC) != 0) {
      return Error{Outcome::unavailable, "systemd's socket is not open", errno};
    }
  }
  return Done{};
}

void Supervisor::tell(std::string_view text) const noexcept {
  sockaddr_un address = {};
  if (!notify_ || address_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(::sendto(notify_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace modgate
