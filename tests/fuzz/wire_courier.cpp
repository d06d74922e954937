// SPDX-License-Identifier: Apache-2.0
// What the courier may send to the recorder, and the recorder to the courier.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gate/wire/courier_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  // What was taken goes the same way again.
  if (const auto told = modgate::decode_to_courier(message)) {
    const auto again = modgate::encode_to_courier(*told);
    if (!again || !modgate::decode_to_courier(*again)) std::abort();
  }
  if (const auto said = modgate::decode_from_courier(message)) {
    const auto again = modgate::encode_from_courier(*said);
    if (!again || !modgate::decode_from_courier(*again)) std::abort();
  }
  return 0;
}
