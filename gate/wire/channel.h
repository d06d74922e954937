// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// On CLOCK_BOOTTIME, so that neither setting the date nor suspending stretches a limit.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using Deadline = BootClock::time_point;

/// One message as it came.
struct Message {
  std::string bytes;
  std::vector<Fd> descriptors;
};

/// One end of a SOCK_SEQPACKET socket: whole messages, no streams.
class Channel {
 public:
  Channel() = default;
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

  /// Two ends that are connected to each other; close-on-exec.
  static Result<std::pair<Channel, Channel>> pair();

  /// Sends one message, with copies of `descriptors`. Waits while the other end does not read, at
  /// most until `deadline`. Never raises SIGPIPE.
  Status send(std::string_view bytes, Deadline deadline, const std::vector<int>& descriptors = {});

  /// Receives one message of at most `max_bytes` with at most `max_descriptors` descriptors
  /// (close-on-exec). nullopt where the other end has hung up. A message that is longer, or carries
  /// more descriptors, is an error and everything that came with it is closed. Waits at most until
  /// `deadline`.
  Result<std::optional<Message>> receive(std::size_t max_bytes, std::size_t max_descriptors,
                                         Deadline deadline);

  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  Fd release() noexcept { return std::move(socket_); }
  void close() noexcept { socket_.reset(); }

 private:
  Fd socket_;
};

}  // namespace modgate
