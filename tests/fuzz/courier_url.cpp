// SPDX-License-Identifier: Apache-2.0
// The url of a witness, as a policy names it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gate/courier/witness_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = modgate::parse_witness_url({reinterpret_cast<const char*>(data), size});
  if (!url) return 0;
  // Nothing that could end a line of the request, or reach another host.
  for (const char c : url->host + url->path) {
    if (c <= ' ' || c >= '\x7f' || c == '?' || c == '#') std::abort();
  }
  if (url->host.find_first_of("/@[]") != std::string::npos || url->port == 0) std::abort();
  if (!url->path.starts_with('/') || !url->path.ends_with("/add-checkpoint")) std::abort();
  return 0;
}
