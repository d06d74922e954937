// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gate/wire/reply.h"

/// Whatever decodes encodes to a message that decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  if (const auto answer = modgate::decode_answer(message);
      answer && modgate::encode_answer(*answer) != message) {
    std::abort();
  }
  const auto reply = modgate::decode_reply(message);
  if (!reply) return 0;
  const std::string encoded = modgate::encode_reply(*reply);
  const auto again = modgate::decode_reply(encoded);
  if (!again || modgate::encode_reply(*again) != encoded) std::abort();
  return 0;
}
