// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/cli/command_line.h"

namespace modgate {

/// The commands of callers. Each asks the helper and returns the exit status.
Command load_command();
Command reload_command();
Command unload_command();
Command plan_load_command();
Command plan_unload_command();
Command policy_test_command();
Command list_command();
Command status_command();

}  // namespace modgate
