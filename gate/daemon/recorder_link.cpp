// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder_link.h"

#include <chrono>

#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_messages.h"

namespace modgate {
namespace {

/// The recorder always reads; where it does not, nothing is to be granted.
constexpr std::chrono::seconds kHandOver{5};

Error gone() { return {Outcome::unavailable, "the recorder is gone"}; }

Result<std::string> hear(Channel& channel, Deadline deadline) {
  auto message = channel.receive(kReceiptBytes, 0, deadline);
  if (!message) return message.error();
  if (!*message) return gone();
  return std::move((*message)->bytes);
}

Result<Receipt> hear_receipt(Channel& channel, Deadline deadline) {
  auto message = hear(channel, deadline);
  if (!message) return message.error();
  return decode_receipt(*message);
}

Result<Receipt> hand_over(Channel& channel, const Record& record, Deadline deadline) {
  auto message = encode_record(record);
  if (!message) return message.error();
  if (auto sent = channel.send(*message, deadline); !sent) return sent.error();
  return hear_receipt(channel, deadline);
}

}  // namespace

Result<Receipt> RecorderLink::record(const Record& record, Deadline deadline) {
  return hand_over(channel_, record, deadline);
}

Status RecorderLink::post(const Record& record, Deadline deadline) {
  auto message = encode_record(record);
  if (!message) return message.error();
  return channel_.send(*message, deadline);
}

Result<Receipt> RecorderLink::await_receipt(Deadline deadline) {
  return hear_receipt(channel_, deadline);
}

Result<std::vector<GateLoad>> RecorderLink::gate_loads(Deadline deadline) {
  if (auto sent = channel_.send(encode_gate_loads_request(), deadline); !sent) {
    return sent.error();
  }
  std::vector<GateLoad> loads;
  while (true) {
    auto message = hear(channel_, deadline);
    if (!message) return message.error();
    auto part = decode_gate_loads(*message);
    if (!part) return part.error();
    for (GateLoad& load : part->loads) loads.push_back(std::move(load));
    if (!part->more) return loads;
  }
}

Status RecorderControl::await_ready(Deadline deadline) {
  auto message = hear(channel_, deadline);
  if (!message) return message.error();
  return decode_ready(*message);
}

Result<Channel> RecorderControl::open_connection(const Peer& peer,
                                                 const std::string& correlation_id) {
  auto message = encode_open(peer, correlation_id);
  if (!message) return message.error();
  auto ends = Channel::pair();
  if (!ends) return ends.error();
  if (auto sent = channel_.send(*message, BootClock::now() + kHandOver, {ends->second.get()});
      !sent) {
    return sent.error();
  }
  return std::move(ends->first);
}

Status RecorderControl::set_kernel_audit(const std::string& mode) {
  return channel_.send(encode_settings(mode), BootClock::now() + kHandOver);
}

Status RecorderControl::set_witnesses(const std::vector<CourierWitness>& witnesses) {
  auto message = encode_to_courier(CourierWitnesses{witnesses});
  if (!message) return message.error();
  return channel_.send(*message, BootClock::now() + kHandOver);
}

Status RecorderControl::hand_over_courier(const Fd& connection) {
  return channel_.send(encode_courier_connection(), BootClock::now() + kHandOver,
                       {connection.get()});
}

Status RecorderControl::record(const Record& record, Deadline deadline) {
  auto receipt = hand_over(channel_, record, deadline);
  if (!receipt) return receipt.error();
  return Done{};
}

}  // namespace modgate
