// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/audit/event.h"
#include "modgate/result.h"

namespace modgate {

/// This machine and this boot. What cannot be read stays empty, but for the boot id.
Result<Origin> read_origin();

}  // namespace modgate
