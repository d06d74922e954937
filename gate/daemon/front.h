// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/wire/channel.h"

namespace modgate {

/// The ends of a front: the only process that reads what a caller sends.
struct FrontEnds {
  Channel caller;
  Channel session;
  Channel prompts;  ///< to the authenticator, so that a secret never passes the session
};

/// The body of a front's process: reads one request, passes it on decoded and encoded anew, then
/// carries replies and prompts to the caller and answers back to whoever prompted. Whatever does
/// not decode ends it. Returns the exit status.
int run_front(FrontEnds ends);

}  // namespace modgate
