// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <vector>

#include "gate/wire/channel.h"
#include "modgate/result.h"

namespace modgate {

/// Waits until one of `descriptors` is readable or has hung up, at most until `deadline`. The index
/// of the first such one; -1 at the deadline. Descriptors below 0 are passed over.
Result<int> wait_for_any(const std::vector<int>& descriptors, Deadline deadline);

}  // namespace modgate
