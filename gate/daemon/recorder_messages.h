// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/daemon/recorder_link.h"
#include "modgate/caller.h"
#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// What travels between the recorder and those who have something to record: one message of fields
/// each, its field `what` saying which. Strict and bounded in both directions.

/// Which message it is.
enum class RecorderMessage : std::uint8_t {
  record,      ///< session or listener: a record
  gate_loads,  ///< session: asks for the modules that the gate loaded
  open,        ///< listener: a connection's channel, with one descriptor
  settings,    ///< listener: linux_audit
  witnesses,   ///< listener: the policy's witnesses, as the courier is told them
  courier,     ///< listener: the courier's connection, with one descriptor
};

/// Outcome::usage for what is no message to the recorder.
Result<RecorderMessage> message_kind(std::string_view message);

/// A connection: whose it is and under which correlation id. The peer's supplementary groups at
/// connect do not travel, as no record holds them.
struct OpenedConnection {
  Peer peer;
  std::string correlation_uid;
};
Result<std::string> encode_open(const Peer& peer, const std::string& correlation_uid);
Result<OpenedConnection> decode_open(std::string_view message);

std::string encode_settings(const std::string& kernel_audit);
/// "off", "on" or "required".
Result<std::string> decode_settings(std::string_view message);

std::string encode_courier_connection();

std::string encode_gate_loads_request();

std::string encode_receipt(const Receipt& receipt);
/// The recorder's refusal; decode_receipt() and decode_gate_loads() give it back as the error.
std::string encode_refusal(const Error& error);

/// A part of the answer to gate_loads, at most kReceiptBytes.
struct GateLoadsPart {
  std::vector<GateLoad> loads;
  bool more = false;
};
/// `loads` in as many messages as it takes, at least one.
std::vector<std::string> encode_gate_loads(const std::vector<GateLoad>& loads);
Result<GateLoadsPart> decode_gate_loads(std::string_view message);

std::string encode_ready();
/// An error where the recorder says that the log is not sound.
Status decode_ready(std::string_view message);

}  // namespace modgate
