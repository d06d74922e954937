// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <vector>

#include "gate/confine/profile.h"

namespace modgate {

/// Gives up, for good, everything that `profile` does not keep: user, groups, capabilities, new
/// privileges by exec, core dumps and ptrace by others, and the system calls that `filter` does not
/// let through; signals are as at the start of a program. Then has the kernel say what is left, and
/// dies unless that is the profile exactly. Dies at any step that fails. For a process with one
/// thread, on its way into a compartment; needs SETUID, SETGID, SETPCAP and `keep` permitted (the
/// session's: nothing). `filter` is nullptr where the parent's is all that the profile wants.
void permanently_confine_or_die(const Profile& profile, const std::vector<sock_filter>* filter);

}  // namespace modgate
