// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modgate/plan.h"

namespace modgate {

/// A symbol that a module needs.
struct NeededSymbol {
  std::string name;
  bool is_function = false;  ///< for certain; else it may be data
};

/// A symbol that a module needs and the running kernel does not have.
struct UnknownSymbol {
  std::string name;
  std::string provider;  ///< the module of the kernel's tree that exports it; empty for none
};

/// Those of `needed` that `kallsyms` (the text of /proc/kallsyms) does not show as exported, and
/// who has them by `symbols` (the text of a tree's modules.symbols). Of what `kallsyms` does
/// not show at all, as data without CONFIG_KALLSYMS_ALL, only those that a module of the tree has
/// which `loaded` does not name. In the order of `needed`; names that are not printable are left
/// out.
std::vector<UnknownSymbol> unknown_symbols(const std::vector<NeededSymbol>& needed,
                                           std::string_view kallsyms, std::string_view symbols,
                                           const std::vector<std::string>& loaded);

/// The same for a module of the running kernel's tree, which the kernel refused. Nothing where it
/// cannot be told, and for a module that was handed over: nobody but an inspector looks into it.
std::vector<UnknownSymbol> unknown_symbols_of(const PlannedModule& module);

}  // namespace modgate
