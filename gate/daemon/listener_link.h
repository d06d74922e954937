// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/wire/channel.h"
#include "modgate/result.h"

namespace modgate {

/// What a session asks of the listener: messages of fixed size, nothing else. The listener knows by
/// the channel whose session it is; a session can only speak for the caller it was started for.
struct ToListener {
  enum class Kind : std::uint32_t {
    begin_try = 1,      ///< wants to authenticate; answered by go_on when it is this uid's turn
    count_try = 2,      ///< a secret is about to reach PAM; answered by go_on once it is counted
    try_succeeded = 3,  ///< the try that was counted last succeeded, for `service`
    end_try = 4,        ///< no more; without a word of success the count stays
    reserve = 5,        ///< `bytes` more of images; answered by go_on or too_much
  };
  Kind kind = Kind::end_try;
  std::uint32_t padding = 0;
  std::uint64_t bytes = 0;
  char service[64] = {};
};

struct ToSession {
  enum class Kind : std::uint32_t { go_on = 1, too_much = 2 };
  Kind kind = Kind::too_much;
};

/// The session's end.
class ListenerLink {
 public:
  explicit ListenerLink(Channel channel) : channel_(std::move(channel)) {}

  /// Waits for this uid's turn. The listener makes a uid wait that failed before.
  Status begin_try(Deadline deadline);
  Status count_try(Deadline deadline);
  Status try_succeeded(const std::string& service, Deadline deadline);
  Status end_try(Deadline deadline);
  /// Outcome::unavailable, "too busy", when all images held at once would be too much.
  Status reserve(std::uint64_t bytes, Deadline deadline);

  [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

 private:
  Status say(const ToListener& message, Deadline deadline);
  Status ask(const ToListener& message, Deadline deadline);
  Channel channel_;
};

/// Takes a message of either kind apart; nullopt for one of another size or kind.
std::optional<ToListener> decode_to_listener(std::string_view bytes) noexcept;
std::string encode(const ToSession& message);

}  // namespace modgate
