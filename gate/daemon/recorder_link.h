// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/wire/channel.h"
#include "gate/wire/courier_messages.h"
#include "modgate/caller.h"
#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// What the recorder says once a record is on disk.
struct Receipt {
  std::uint64_t sequence = 0;
  std::string record;           ///< correlation id: what a person is told as the record's id
  std::vector<Digest> digests;  ///< of an intent to load: of its new modules, in plan order
};

/// A receipt as it travels, or the recorder's refusal as an error (Outcome::unavailable).
Result<Receipt> decode_receipt(std::string_view message);
inline constexpr std::size_t kReceiptBytes = std::size_t{16} * 1024;

/// A session's end of its own channel to the recorder. The recorder knows from the listener whose
/// it is and stamps that, the correlation id, the sequence and the chain.
class RecorderLink {
 public:
  explicit RecorderLink(Channel channel) : channel_(std::move(channel)) {}

  /// Hands over a record and waits until it is on disk.
  Result<Receipt> record(const Record& record, Deadline deadline);

  /// Hands over a record and does not wait; whoever holds the channel reads the receipt. The loader
  /// does so for the intent: no receipt, no load.
  Status post(const Record& record, Deadline deadline);

  /// Waits for the receipt of what post() handed over.
  Result<Receipt> await_receipt(Deadline deadline);

  /// The modules that the gate loaded in this boot and that have not been unloaded through it.
  Result<std::vector<GateLoad>> gate_loads(Deadline deadline);

  [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

 private:
  Channel channel_;
};

/// The listener's end of the control channel.
class RecorderControl {
 public:
  explicit RecorderControl(Channel channel) : channel_(std::move(channel)) {}

  /// Waits for the recorder's word that the log is sound and writable.
  Status await_ready(Deadline deadline);

  /// Opens a channel for one connection: tells the recorder whose it is and which correlation id
  /// its records bear, and returns the session's end.
  Result<Channel> open_connection(const Peer& peer, const std::string& correlation_id);

  /// Whether decisions also go to the kernel's audit: "off", "on" or "required" (then a request is
  /// refused that the kernel would not keep a record of).
  Status set_kernel_audit(const std::string& mode);

  /// Who is to be told of checkpoints, and whose word on them counts. Takes the place of what was
  /// said before.
  Status set_witnesses(const std::vector<CourierWitness>& witnesses);

  /// Hands over a connection of the courier, whose peer the caller has looked at.
  Status hand_over_courier(const Fd& connection);

  /// A record of the listener's own (start, stop, recovery, policy); returns once it is on disk.
  Status record(const Record& record, Deadline deadline);

  [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

 private:
  Channel channel_;
};

}  // namespace modgate
