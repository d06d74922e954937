// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/module/modinfo.h"
#include "gate/module/vermagic.h"
#include "modgate/plan.h"

namespace modgate {

/// What is known of a module that is to be pinned.
struct Pin {
  std::string name;   ///< canonical
  ModuleFacts facts;  ///< `signers`: who verifies its signature, as rules name them
  std::vector<DeclaredParameter> parameters;
  std::string kernel;  ///< the running kernel's vermagic, or its release where that is all
  MagicMatch fits = MagicMatch::differs;
  /// "kernel" among the signers comes from the kernel's image alone: the kernel's own list of keys
  /// shows itself to root.
  bool kernel_unlisted = false;
};

/// A rule for exactly this module, `[[role.NAME.allow]]`, with what else there is to say as
/// comments. It parses below a `[role.NAME]`, whatever the module's file holds.
std::string pin_rule(const Pin& pin);

/// The same as the object of `--json`.
std::string pin_json(const Pin& pin);

}  // namespace modgate
