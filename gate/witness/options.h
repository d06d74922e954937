// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// What a witness is started with.
struct WitnessOptions {
  std::string key = "/etc/modgate-witness/key.pem";
  std::string vkey = "/etc/modgate-witness/vkey";
  std::string logs = "/etc/modgate-witness/logs";
  std::string state = "/var/lib/modgate-witness";
  std::string host = "127.0.0.1";
  std::uint16_t port = 7327;
  std::string path = "/add-checkpoint";  ///< the submission prefix with "/add-checkpoint"
  std::optional<std::string> new_key;    ///< the name of a key that is to be made
};

/// Serve or make a key, or print `text` and end.
struct WitnessCommand {
  std::optional<WitnessOptions> run;
  std::string text;
};

/// Reads the command line; an error is of Outcome::usage.
Result<WitnessCommand> parse_witness_options(int argc, char** argv);

}  // namespace modgate
