// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/plan.h"

namespace modgate {

/// The running kernel's release, as uname -r.
std::string kernel_release();

/// How the kernel would take a module's vermagic (kernel/module/main.c: check_modinfo, same_magic).
enum class MagicMatch : std::uint8_t { same, differs, by_symbol_versions };

/// `module` against the running kernel's own. `kernel` is its whole vermagic, or empty where only
/// `release` is known. With modversions on both sides the kernel does not look at the release, but
/// at every symbol's version: that answer comes only from the kernel.
MagicMatch match_vermagic(std::string_view module, std::string_view kernel,
                          std::string_view release);

/// The running kernel's whole vermagic, read from a module that was built with it: the first in
/// modules.order of the tree that `module` lies in, or of /lib/modules/RELEASE. Empty where it is
/// not found or is not of this release.
std::string kernel_vermagic(const PlannedModule& module);

}  // namespace modgate
