// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace modgate::sample {

/// A system call that ends whoever makes it. Where no filter stops it, it does no harm: its
/// arguments are none that the kernel takes.
struct ForbiddenCall {
  const char* name;
  void (*attempt)();
};

/// What no process of the house may call.
const std::vector<ForbiddenCall>& calls_below_the_floor();

/// What the process of this name may not call: those below the floor, and for who has an allow-list
/// all else that gains something.
std::vector<ForbiddenCall> calls_forbidden_to(std::string_view process);

}  // namespace modgate::sample
