// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gate/cli/command_line.h"

namespace modgate {

/// The commands that another program, modgate-admin, carries out, without their text: it links the
/// policy and the log, which the command that loads has no need to start with.
std::vector<Command> administration_commands();

/// Goes on as that program, which lies beside this one or in ../libexec/modgate, with the same
/// arguments. Returns only where there is none: the exit status.
int go_on_as_administration(char** argv, bool json);

}  // namespace modgate
