// SPDX-License-Identifier: Apache-2.0
// What a session may send to the recorder, and the recorder to a session.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/daemon/recorder_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  static_cast<void>(static_cast<bool>(modgate::message_kind(message)));
  if (const auto posted = modgate::decode_record(message)) {
    // What was taken goes the same way again.
    const auto again = modgate::encode_record(posted->record, posted->wants_receipt);
    if (!again || !modgate::decode_record(*again)) std::abort();
    const modgate::ConnectionRules rules;
    static_cast<void>(static_cast<bool>(rules.admit(posted->record)));
  }
  if (const auto opened = modgate::decode_open(message)) {
    const auto again = modgate::encode_open(opened->peer, opened->correlation_uid);
    if (!again || !modgate::decode_open(*again)) std::abort();
  }
  static_cast<void>(static_cast<bool>(modgate::decode_settings(message)));
  static_cast<void>(static_cast<bool>(modgate::decode_receipt(message)));
  static_cast<void>(static_cast<bool>(modgate::decode_gate_loads(message)));
  static_cast<void>(static_cast<bool>(modgate::decode_ready(message)));
  return 0;
}
