// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "gate/confine/profile.h"

namespace modgate {

/// Every signal as at the start of a program, and none blocked. `not_default`: those that the
/// kernel says are ignored or caught (ProcessStatus); bit n-1 for signal n.
void reset_signals_or_die(std::uint64_t not_default);

/// Leaves open only /dev/null as 0 and 1, the parent's 2, and close-on-exec copies of `descriptors`
/// from 3 on, in their order. Returns those.
std::vector<int> keep_only_or_die(const std::vector<int>& descriptors);

/// Empty environment, "/" as the directory, files made for nobody else, the process's name, and all
/// limits of the profile with its deadline. While the process is still root: raising the OOM score
/// writes to a file of root's.
void arrange_surroundings_or_die(const Profile& profile);

}  // namespace modgate
