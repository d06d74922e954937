// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/review/event_view.h"

namespace modgate {

/// The event as OCSF 1.1.0, for what reads no later version: the part that is valid in every
/// version from 1.1.0 to 1.8.0, the rest under `unmapped`. One line of printable ASCII.
std::string ocsf_core(const EventView& event);

/// The event in the Elastic Common Schema 8.11; what that has no field for stands under `modgate`.
/// `line` is the stored line, whose SHA-256 becomes `event.hash`. One line of printable ASCII.
std::string ecs(const EventView& event, std::string_view line);

}  // namespace modgate
