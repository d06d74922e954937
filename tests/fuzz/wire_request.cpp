// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gate/wire/request_codec.h"

/// Whatever decodes is within the limits and encodes to a message that decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = modgate::decode_request({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  for (const std::string& module : request->modules) {
    if (!modgate::is_alias(module)) std::abort();
  }
  const std::string message = modgate::encode_request(*request);
  const auto again = modgate::decode_request(message);
  if (!again || modgate::encode_request(*again) != message) std::abort();
  return 0;
}
