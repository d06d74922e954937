// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/wire/channel.h"
#include "modgate/request.h"

namespace modgate {

/// The body of a reader's process: sends every line of the log that matches `query`, one message
/// each, then hangs up; with `query.follow` it goes on with new lines until the other end hangs up.
/// `only_uid` (decimal, or empty for no limit) restricts it to records whose actor is that uid.
/// `directory` is an open directory descriptor of the log. A line is at most kLineBytes
/// (gate/audit/event.h). Returns the exit status: 0 once all is sent or a follower has hung up.
int run_log_reader(int directory, const LogQuery& query, const std::string& only_uid,
                   Channel output);

}  // namespace modgate
