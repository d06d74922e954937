// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modgate/plan.h"

namespace modgate {

/// A symbol that a module needs and the running kernel does not have.
struct UnknownSymbol {
  std::string name;
  std::string provider;  ///< the module of the kernel's tree that exports it; empty for none
};

/// What came of looking for the symbols that a module needs.
struct UnknownSymbols {
  std::vector<UnknownSymbol> symbols;  ///< those that are certain not to be there
  bool all_judged = false;             ///< every other one that it needs is certain to be there
};

/// Texts that tell which symbols there are; empty where there is none.
struct SymbolTexts {
  std::string_view kallsyms;  ///< /proc/kallsyms, of the kernel and the loaded modules
  std::string_view symbols;   ///< a tree's modules.symbols: who exports what
  std::string_view exports;   ///< the kernel's own exports, as exports_in() finds them
};

/// Those of `needed` that the texts do not show as exported, and which module of the tree has them.
/// Of what cannot be seen at all, as data in a kallsyms without CONFIG_KALLSYMS_ALL, only those
/// that a module of the tree has which `loaded` does not name. In the order of `needed`; names that
/// are not printable are left out.
UnknownSymbols unknown_symbols(const std::vector<NeededSymbol>& needed, const SymbolTexts& texts,
                               const std::vector<std::string>& loaded);

/// Where to look for the symbols that a module needs.
struct SymbolSources {
  std::string tree;                      ///< the kernel's module tree, where modules.symbols lies
  std::string_view exports;              ///< of the kernel; empty where they are not known
  std::vector<std::string> also_loaded;  ///< modules that count as loaded although they are not
};

/// The same for a module that the kernel refused, or would. Of one that was handed over its facts
/// are asked, one of the tree is read. Nothing, and not all judged, where it cannot be told.
UnknownSymbols unknown_symbols_of(const PlannedModule& module, const SymbolSources& sources);

/// "neither the kernel nor a loaded module of its tree has a, b; load c first". Not for none.
std::string describe(const std::vector<UnknownSymbol>& symbols);

}  // namespace modgate
