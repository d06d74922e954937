// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modgate/handle.h"

namespace modgate {

/// Tells a caller that it is not served (Outcome::unavailable) and why, without waiting for it.
void turn_away(const Fd& socket, const std::string& why);

/// The same for everybody who waits at the listening socket, which must not block: a helper that
/// cannot serve says so before it ends, and leaves nobody waiting for the next one.
void turn_away_waiting(const Fd& listening, const std::string& why);

}  // namespace modgate
