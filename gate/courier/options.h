// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gate/wire/courier_messages.h"
#include "modgate/result.h"

namespace modgate {

/// What the courier is started with.
struct CourierOptions {
  std::string socket = kCourierSocket;
  std::string ca_file;
};

/// Carry, or print `text` and end.
struct CourierCommand {
  std::optional<CourierOptions> run;
  std::string text;
};

/// Reads the command line; an error is of Outcome::usage.
Result<CourierCommand> parse_courier_options(int argc, char** argv);

}  // namespace modgate
