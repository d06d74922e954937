// SPDX-License-Identifier: Apache-2.0
#include "gate/module/unknown_symbols.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "gate/module/bounded_file.h"
#include "gate/module/elf_module.h"
#include "gate/module/image.h"
#include "gate/module/kernel_view.h"
#include "gate/module/mapped_image.h"
#include "gate/module/module_name.h"
#include "gate/module/needed_symbols.h"
#include "gate/module/tree.h"

namespace modgate {
namespace {

constexpr std::size_t kLargestKallsyms = std::size_t{48} * 1024 * 1024;
constexpr std::size_t kLargestSymbols = std::size_t{16} * 1024 * 1024;
constexpr std::uint64_t kLargestModule = std::uint64_t{64} * 1024 * 1024;
constexpr std::size_t kMostNeeded = 16384;

/// Where a needed symbol was seen.
struct Sight {
  bool named = false;      ///< in the kernel itself, exported or not
  bool exported = false;   ///< in its table of exports
  bool in_module = false;  ///< in a loaded module
  std::string provider;
};
using Sights = std::unordered_map<std::string_view, Sight>;

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(line);
  }
}

/// What the kernel shows of itself: with CONFIG_KALLSYMS_ALL its data too, and among them its table
/// of exports (__ksymtab_NAME); else its functions alone.
struct Shown {
  bool functions = false;
  bool data = false;
  bool exports = false;
};

/// "ADDRESS TYPE NAME" or "ADDRESS TYPE NAME\t[MODULE]".
Shown look_into_kernel(std::string_view kallsyms, Sights& sights) {
  constexpr std::string_view kExport = "__ksymtab_";
  constexpr std::string_view kFunctionOfAny = "_stext";
  constexpr std::string_view kDataOfAny = "init_task";
  Shown shown;
  each_line(kallsyms, [&](std::string_view line) {
    const std::size_t type = line.find(' ');
    if (type == std::string_view::npos || line.size() < type + 4) return;
    std::string_view name = line.substr(type + 3);
    const std::size_t tab = name.find('\t');
    const bool of_module = tab != std::string_view::npos;
    name = name.substr(0, tab);
    const bool is_export = name.starts_with(kExport);
    if (is_export) name.remove_prefix(kExport.size());
    shown.exports = shown.exports || (is_export && !of_module);
    shown.functions = shown.functions || (!of_module && name == kFunctionOfAny);
    shown.data = shown.data || (!of_module && (is_export || name == kDataOfAny));
    const auto found = sights.find(name);
    if (found == sights.end()) return;
    if (of_module) {
      found->second.in_module = true;
    } else if (is_export) {
      found->second.exported = true;
    } else {
      found->second.named = true;
    }
  });
  return shown;
}

/// A name a line.
void look_into_exports(std::string_view exports, Sights& sights) {
  each_line(exports, [&](std::string_view name) {
    const auto found = sights.find(name);
    if (found != sights.end()) found->second.exported = true;
  });
}

/// "alias symbol:NAME MODULE"
void look_into_tree(std::string_view symbols, Sights& sights) {
  constexpr std::string_view kBegin = "alias symbol:";
  each_line(symbols, [&](std::string_view line) {
    if (!line.starts_with(kBegin)) return;
    line.remove_prefix(kBegin.size());
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !is_canonical_name(line.substr(blank + 1))) return;
    const auto found = sights.find(line.substr(0, blank));
    if (found != sights.end()) found->second.provider = line.substr(blank + 1);
  });
}

std::vector<NeededSymbol> needed_by(int image) {
  std::vector<NeededSymbol> needed;
  const auto mapped = MappedImage::map(image);
  if (!mapped) return needed;
  const auto elf = ElfModule::parse(mapped->bytes());
  if (!elf) return needed;
  const Status seen = elf->each_needed_import([&](std::string_view name, bool is_called) {
    if (needed.size() < kMostNeeded) needed.push_back({std::string(name), is_called});
  });
  if (!seen) needed.clear();
  return needed;
}

/// Only root can have written it: trusted as the kernel is.
std::vector<NeededSymbol> needed_by_file(const std::string& tree_directory,
                                         const std::string& path) {
  const auto tree = ModuleTree::open(tree_directory);
  if (!tree) return {};
  const auto file = tree->open_module(path);
  if (!file) return {};
  const auto compression = compression_of(file->get());
  const auto image = new_image("symbols");
  if (!compression || !image) return {};
  const Status filled =
      *compression == Compression::none
          ? copy_into_image(file->get(), image->get(), kLargestModule)
          : unpack_into_image(file->get(), *compression, image->get(), kLargestModule);
  return filled ? needed_by(image->get()) : std::vector<NeededSymbol>();
}

/// Whether a symbol that is nowhere to be seen may be a module's from outside the tree.
bool is_from_outside(const LoadedModule& module) {
  return module.taints.find('O') != std::string::npos;
}

}  // namespace

UnknownSymbols unknown_symbols(const std::vector<NeededSymbol>& needed, const SymbolTexts& texts,
                               const std::vector<std::string>& loaded) {
  Sights sights;
  for (const NeededSymbol& symbol : needed) {
    if (is_symbol_name(symbol.name)) sights.try_emplace(symbol.name);
  }
  Shown shown = look_into_kernel(texts.kallsyms, sights);
  look_into_exports(texts.exports, sights);
  look_into_tree(texts.symbols, sights);
  shown.exports = shown.exports || !texts.exports.empty();
  UnknownSymbols found;
  found.all_judged = true;
  for (const NeededSymbol& symbol : needed) {
    const auto seen = sights.find(symbol.name);
    if (seen == sights.end()) continue;
    const Sight& sight = seen->second;
    const bool is_loaded = std::find(loaded.begin(), loaded.end(), sight.provider) != loaded.end();
    const bool is_seen = sight.exported || sight.in_module || (sight.named && !shown.exports);
    const bool modules_show_it = shown.data || (shown.functions && symbol.is_function);
    const bool kernel_shows_it = modules_show_it || !texts.exports.empty();
    // What is not shown may be there all the same: the kernel's, or a loaded module's.
    const bool may_be_kernels = !kernel_shows_it && sight.provider.empty();
    const bool may_be_modules = !modules_show_it && is_loaded;
    if (!is_seen && !may_be_kernels && !may_be_modules) {
      found.symbols.push_back({symbol.name, is_loaded ? std::string() : sight.provider});
    }
    if (!is_seen && may_be_kernels) found.all_judged = false;
    sights.erase(seen);
  }
  return found;
}

UnknownSymbols unknown_symbols_of(const PlannedModule& module, const SymbolSources& sources) {
  const std::vector<NeededSymbol> needed =
      module.handed_over ? module.facts.needs : needed_by_file(sources.tree, module.path);
  if (needed.empty()) return {};
  const auto kallsyms = read_bounded("/proc/kallsyms", kLargestKallsyms);
  const auto symbols = read_bounded(sources.tree + "/modules.symbols", kLargestSymbols);
  std::vector<std::string> loaded = sources.also_loaded;
  bool strangers = false;
  if (const auto modules = loaded_modules()) {
    for (const LoadedModule& one : *modules) {
      loaded.push_back(one.name);
      strangers = strangers || is_from_outside(one);
    }
  }
  SymbolTexts texts;
  if (kallsyms) texts.kallsyms = *kallsyms;
  if (symbols) texts.symbols = *symbols;
  texts.exports = sources.exports;
  UnknownSymbols found = unknown_symbols(needed, texts, loaded);
  if (module.handed_over && module.facts.needs_more) found.all_judged = false;
  // Of a module from outside the tree it is not known what it exports, unless the kernel shows it.
  if (strangers && (!kallsyms || kallsyms->empty())) found.all_judged = false;
  return found;
}

std::string describe(const std::vector<UnknownSymbol>& symbols) {
  constexpr std::size_t kMostShown = 8;
  std::string text = "neither the kernel nor a loaded module of its tree has ";
  for (std::size_t at = 0; at < symbols.size() && at < kMostShown; ++at) {
    if (at > 0) text += ", ";
    text += symbols[at].name;
  }
  if (symbols.size() > kMostShown) {
    text += " and " + std::to_string(symbols.size() - kMostShown) + " more";
  }
  std::set<std::string> providers;
  for (const UnknownSymbol& symbol : symbols) {
    if (!symbol.provider.empty()) providers.insert(symbol.provider);
  }
  if (!providers.empty()) text += "; load ";
  for (auto provider = providers.begin(); provider != providers.end(); ++provider) {
    if (provider != providers.begin()) text += ", ";
    text += *provider;
  }
  return providers.empty() ? text : text + " first";
}

}  // namespace modgate
