// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/policy/policy.h"

namespace modgate {

/// Whether everything that `narrow` matches, `wide` matches too: at any time, on any host, for any
/// module. The two are rules for the same callers. Sure where true; where it cannot be sure by a
/// look at the two, false. A rule with `imports` covers nothing. Pins are compared as those of a
/// rule of the same effect; a deny needs the bytes to be known and an allow does not, so that a
/// deny with pins does not cover an allow.
bool covers(const Rule& wide, const Rule& narrow);

/// Whether an allow that covers another one lets everything be done that the other one does, and
/// asks no more of the caller: parameters, authentication and reason.
bool grants_as_freely(const Rule& wide, const Rule& narrow);

}  // namespace modgate
