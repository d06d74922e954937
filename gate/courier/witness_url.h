// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// Where a witness takes checkpoints: its submission prefix, taken apart.
struct WitnessUrl {
  bool tls = false;
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 80;
  std::string path;  ///< with "/add-checkpoint" at the end (C2SP tlog-witness)

  bool operator==(const WitnessUrl&) const = default;
};

/// Takes an `http://` or `https://` URL apart: host, an optional port, an optional path of
/// printable ASCII. Refuses (Outcome::usage) user names, queries, fragments and anything longer
/// than 1024 bytes.
Result<WitnessUrl> parse_witness_url(std::string_view url);

}  // namespace modgate
