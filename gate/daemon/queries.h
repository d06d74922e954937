// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/daemon/session_world.h"
#include "modgate/request.h"

namespace modgate {

/// `modgate status`: loaded modules, and which of them came through the gate.
void answer_status(SessionWorld& world, const Request& request);

/// `modgate log`: the records that this caller may see, read by a process of its own.
void answer_log(SessionWorld& world, const Request& request);

/// `modgate log sign-off`: records that this caller has read the log up to a record.
void answer_sign_off(SessionWorld& world, const Request& request);

}  // namespace modgate
