// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "gate/policy/problem.h"

namespace modgate {

/// Warnings for `install` and `remove` lines of modprobe.d, in `directories` in modprobe's order,
/// that would make a module be refused that `policy` allows by its name.
std::vector<Problem> modprobe_lines_in_the_way(const Policy& policy,
                                               const std::vector<std::string>& directories = {
                                                   "/etc/modprobe.d", "/run/modprobe.d",
                                                   "/usr/local/lib/modprobe.d", "/lib/modprobe.d"});

}  // namespace modgate
