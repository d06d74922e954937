// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "gate/cli/command_line.h"
#include "gate/cli/output.h"
#include "modgate/request.h"

namespace modgate {

/// Turns one line of the helper's answer into text for people, without a final newline. Whatever it
/// takes from the answer goes through printable(). May be handed any JSON.
using Presenter = std::function<std::string(const nlohmann::ordered_json& answer)>;

/// Sends a request to the helper, shows what comes back, and returns the exit status. A malformed
/// request ends here, with Outcome::usage, before anybody is connected to. `file` is the path of
/// the module that is handed over, empty where none is.
int ask(const CommandLine& line, Request request, const std::string& file,
        const Presenter& present);

/// Reads a module or a file, and PARAM=VALUE behind it, into `request`. The path of a file, or an
/// empty text for a module's name.
Result<std::string> take_module_and_parameters(const CommandLine& line, Request& request);

}  // namespace modgate
