// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/courier.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "gate/courier/visits.h"
#include "gate/wire/courier_messages.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kSendTime{10};
/// How often it looks for visits that take too long.
constexpr std::chrono::seconds kRound{1};

/// The courier's end, which the threads of all visits write to.
class SharedChannel {
 public:
  explicit SharedChannel(Channel channel) : channel_(std::move(channel)) {}

  Status send(const FromCourier& message) {
    auto bytes = encode_from_courier(message);
    if (!bytes) return bytes.error();
    const std::lock_guard<std::mutex> lock(sending_);
    return channel_.send(*bytes, BootClock::now() + kSendTime);
  }

  /// nullopt where nothing came within kRound.
  Result<std::optional<ToCourier>> receive() {
    auto message = channel_.receive(kCourierBytes, 0, BootClock::now() + kRound);
    if (!message && message.error().code == ETIMEDOUT) return std::optional<ToCourier>();
    if (!message) return message.error();
    if (!message->has_value()) return Error{Outcome::unavailable, "the recorder has hung up"};
    auto decoded = decode_to_courier((*message)->bytes);
    if (!decoded) return decoded.error();
    return std::optional(std::move(*decoded));
  }

 private:
  Channel channel_;
  std::mutex sending_;
};

class Courier {
 public:
  Courier(Channel recorder, CourierSettings settings)
      : channel_(std::make_shared<SharedChannel>(std::move(recorder))),
        settings_(std::move(settings)) {}

  Status run() {
    for (;;) {
      auto message = channel_->receive();
      if (!message) return message.error();
      if (message->has_value()) {
        auto* const witnesses = std::get_if<CourierWitnesses>(&**message);
        if (witnesses != nullptr && known_ && *known_ != witnesses->witnesses) return Done{};
        if (witnesses != nullptr && !known_) begin(witnesses->witnesses);
        if (auto* const submit = std::get_if<CourierSubmit>(&**message)) hand_over(*submit);
      }
      for (const auto& [name, visits] : visits_) visits->break_off_if_late();
    }
  }

 private:
  void begin(const std::vector<CourierWitness>& witnesses) {
    known_ = witnesses;
    for (const CourierWitness& witness : witnesses) {
      if (auto sound = Visits::check(witness); !sound) {
        settings_.journal("witness " + witness.name + ": " + sound.error().message);
        continue;
      }
      auto visits = std::make_shared<Visits>(
          witness, settings_.ca_file,
          [channel = channel_](const FromCourier& message) { return channel->send(message); },
          settings_.journal);
      if (!visits_.try_emplace(witness.name, visits).second) continue;
      // Never joined: a visit cannot be cut short at every point, and ends with the process.
      std::thread([visits] { visits->run(); }).detach();
    }
  }

  void hand_over(const CourierSubmit& submit) {
    const auto visits = visits_.find(submit.witness);
    if (visits != visits_.end()) visits->second->submit(submit);
  }

  std::shared_ptr<SharedChannel> channel_;
  CourierSettings settings_;
  std::optional<std::vector<CourierWitness>> known_;
  std::map<std::string, std::shared_ptr<Visits>> visits_;
};

}  // namespace

Status carry(Channel recorder, CourierSettings settings) {
  return Courier(std::move(recorder), std::move(settings)).run();
}

Result<Channel> connect_to_recorder(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{Outcome::usage, "the path of the socket is empty or too long: " + path};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error{Outcome::unavailable,
                 "cannot connect to " + path + ": " + std::strerror(errno) +
                     "; is modgate.service running, and this a member of modgate-courier?",
                 errno};
  }
  return Channel(std::move(socket));
}

}  // namespace modgate
