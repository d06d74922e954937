// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "gate/client/terminal.h"
#include "gate/wire/channel.h"
#include "gate/wire/reply.h"
#include "modgate/handle.h"
#include "modgate/request.h"

namespace modgate {

/// Takes one line of output; an error stops the output and the conversation with it.
using LineSink = std::function<Status(const std::string&)>;

/// Sends the request, with `file` where a module is handed over, shows and answers what the helper
/// asks at `terminal` (nullptr: there is none), and hands every line of output to `sink`. How the
/// conversation ended: in the helper's words, or in this end's own where it broke off.
ReplyEnd converse(Channel& gate, const Request& request, const Fd& file, Terminal* terminal,
                  const LineSink& sink);

}  // namespace modgate
