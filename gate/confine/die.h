// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modgate/result.h"

namespace modgate {

/// Exit status of a compartment in which some step of its confinement failed: its body never ran.
constexpr int kConfinementFailed = 71;

/// Ends this process, a child that is being confined, with one line on descriptor 2 and without
/// running anything of the parent's: no destructors, no exit handlers.
[[noreturn]] void die(const char* step, int code) noexcept;

/// Dies unless a system call returned something other than -1.
void or_die(long result, const char* step) noexcept;

/// Dies of an error.
void or_die(const Status& status) noexcept;

}  // namespace modgate
