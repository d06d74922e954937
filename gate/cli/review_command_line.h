// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gate/cli/command_line.h"

namespace modgate {

// The options of `log` and `report`. Both programs know them: the one that callers start tells by
// them which word is the command.

/// Which events.
std::vector<CommandOption> selecting_options();
/// All of `log`.
std::vector<CommandOption> log_options();
/// All of `log sign-off`.
std::vector<CommandOption> sign_off_options();
/// All of `report`.
std::vector<CommandOption> report_options();

}  // namespace modgate
