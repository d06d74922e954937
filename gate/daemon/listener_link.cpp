// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/listener_link.h"

#include <cstring>

namespace modgate {
namespace {

Error lost() { return {Outcome::unavailable, "the helper is stopping"}; }

}  // namespace

std::optional<ToListener> decode_to_listener(std::string_view bytes) noexcept {
  ToListener message;
  if (bytes.size() != sizeof message) return std::nullopt;
  std::memcpy(&message, bytes.data(), sizeof message);
  const auto kind = static_cast<std::uint32_t>(message.kind);
  if (kind < 1 || kind > 5 || message.service[sizeof message.service - 1] != '\0') {
    return std::nullopt;
  }
  return message;
}

std::string encode(const ToSession& message) {
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

Status ListenerLink::say(const ToListener& message, Deadline deadline) {
  return channel_.send({reinterpret_cast<const char*>(&message), sizeof message}, deadline);
}

Status ListenerLink::ask(const ToListener& message, Deadline deadline) {
  if (auto sent = say(message, deadline); !sent) return sent;
  auto answer = channel_.receive(sizeof(ToSession), 0, deadline);
  if (!answer) return answer.error();
  if (!*answer || (*answer)->bytes.size() != sizeof(ToSession)) return lost();
  ToSession decoded;
  std::memcpy(&decoded, (*answer)->bytes.data(), sizeof decoded);
  if (decoded.kind == ToSession::Kind::go_on) return Done{};
  return Error{Outcome::unavailable, "too busy: too many modules are held at once; try again"};
}

Status ListenerLink::begin_try(Deadline deadline) {
  return ask({ToListener::Kind::begin_try}, deadline);
}

Status ListenerLink::count_try(Deadline deadline) {
  return ask({ToListener::Kind::count_try}, deadline);
}

Status ListenerLink::try_succeeded(const std::string& service, Deadline deadline) {
  ToListener message = {ToListener::Kind::try_succeeded};
  if (service.size() >= sizeof message.service) {
    return Error{Outcome::unavailable, "the name of the PAM service is too long"};
  }
  std::memcpy(message.service, service.data(), service.size());
  return say(message, deadline);
}

Status ListenerLink::end_try(Deadline deadline) {
  return say({ToListener::Kind::end_try}, deadline);
}

Status ListenerLink::reserve(std::uint64_t bytes, Deadline deadline) {
  ToListener message = {ToListener::Kind::reserve};
  message.bytes = bytes;
  return ask(message, deadline);
}

}  // namespace modgate
