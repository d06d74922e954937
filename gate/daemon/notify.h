// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// What systemd handed over, taken from the environment once (sd_listen_fds(3), sd_notify(3),
/// sd_watchdog_enabled(3)). Without systemd all of it is empty, and telling it anything does
/// nothing.
class Supervisor {
 public:
  /// Reads and removes LISTEN_*, NOTIFY_SOCKET and WATCHDOG_*. Handed over is where callers
  /// connect, and where the courier does under the name "courier" (systemd.socket(5),
  /// FileDescriptorName=); more than that is an error.
  static Result<Supervisor> from_environment();

  /// The listening socket; an empty Fd where the helper was started by hand.
  Fd take_socket() noexcept { return std::move(socket_); }

  /// The courier's listening socket; an empty Fd where none was handed over.
  Fd take_courier_socket() noexcept { return std::move(courier_socket_); }

  /// How often to say that all is well; nullopt: never.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const noexcept {
    return watchdog_;
  }

  /// "READY=1", "WATCHDOG=1", "STATUS=…", "STOPPING=1". Never blocks; systemd being gone is no
  /// reason to stop serving, so there is nothing to return.
  void tell(std::string_view text) const noexcept;

 private:
  Status take_sockets(const std::string& count, const std::string& names);

  Fd socket_;
  Fd courier_socket_;
  Fd notify_;
  std::string address_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace modgate
