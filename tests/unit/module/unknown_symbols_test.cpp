// SPDX-License-Identifier: Apache-2.0
#include "gate/module/unknown_symbols.h"

#include "catch.h"
#include "gate/module/elf_module.h"
#include "unit/module/module_file.h"

using namespace modgate;

namespace {

using Texts = std::vector<std::string>;

constexpr const char* kKernel =
    "0000000000000000 T printk\n"
    "0000000000000000 D init_task\n"
    "0000000000000000 t hidden\n"
    "0000000000000000 r __ksymtab_printk\n"
    "0000000000000000 T udp_tunnel_setup\t[udp_tunnel]\n";
constexpr const char* kTree =
    "# Aliases for symbols, used by symbol_request().\n"
    "alias symbol:udp_tunnel_setup udp_tunnel\n"
    "alias symbol:vxlan_add vxlan\n"
    "alias symbol:broken not a module\n";

/// A name with () behind it is a function's for certain.
UnknownSymbols judged(const Texts& names, const SymbolTexts& texts, const Texts& loaded = {}) {
  std::vector<NeededSymbol> needed;
  for (const std::string& name : names) {
    const bool is_function = name.ends_with("()");
    needed.push_back({name.substr(0, name.size() - (is_function ? 2 : 0)), is_function});
  }
  return unknown_symbols(needed, texts, loaded);
}

Texts written(const UnknownSymbols& unknown) {
  Texts found;
  for (const UnknownSymbol& symbol : unknown.symbols) {
    found.push_back(symbol.name + '@' + symbol.provider);
  }
  return found;
}

Texts unknown(const Texts& names, const std::string& kallsyms, const Texts& loaded = {}) {
  return written(judged(names, {kallsyms, kTree, {}}, loaded));
}

}  // namespace

TEST_CASE("a symbol that nothing exports is unknown") {
  CHECK(unknown({"printk"}, kKernel).empty());
  CHECK(unknown({"udp_tunnel_setup"}, kKernel).empty());
  CHECK(unknown({"printk", "printl"}, kKernel) == Texts{"printl@"});
  CHECK(unknown({"hidden"}, kKernel) == Texts{"hidden@"});
  CHECK(unknown({"__ksymtab_printk"}, kKernel) == Texts{"__ksymtab_printk@"});
  CHECK(unknown({"gone", "gone"}, kKernel) == Texts{"gone@"});
}

TEST_CASE("of an unknown symbol it is told which module has it") {
  CHECK(unknown({"vxlan_add"}, kKernel) == Texts{"vxlan_add@vxlan"});
  CHECK(unknown({"broken"}, kKernel) == Texts{"broken@"});
}

TEST_CASE("a kernel that shows no table of exports is believed by its names") {
  const std::string kernel = "0 T printk\n0 D init_task\n0 t hidden\n";
  CHECK(unknown({"printk"}, kernel).empty());
  CHECK(unknown({"hidden"}, kernel).empty());
  CHECK(unknown({"gone"}, kernel) == Texts{"gone@"});
}

TEST_CASE("what is not shown may be there") {
  for (const char* kernel : {"", "0 T printk\n", "rubbish\n\n \n0 T\n0 T \n"}) {
    INFO(kernel);
    CHECK(unknown({"printk", "gone", "jiffies"}, kernel).empty());
    CHECK(unknown({"vxlan_add"}, kernel) == Texts{"vxlan_add@vxlan"});
    CHECK(unknown({"vxlan_add"}, kernel, {"vxlan"}).empty());
  }
}

TEST_CASE("a kernel that shows its functions alone is believed about functions") {
  const std::string kernel = "0 T _stext\n0 T printk\n0 t hidden\n";
  CHECK(unknown({"printk()", "hidden()", "jiffies"}, kernel).empty());
  CHECK(unknown({"gone()"}, kernel) == Texts{"gone@"});
  CHECK(unknown({"gone()"}, "0 T printk\n").empty());
  CHECK(unknown({"vxlan_add()"}, kernel, {"vxlan"}) == Texts{"vxlan_add@"});
}

TEST_CASE("a symbol that cannot be printed is not named") {
  CHECK(unknown({"a\nb", "\x1b[2J", "a b", "ok"}, kKernel) == Texts{"ok@"});
}

TEST_CASE("where the kernel's own list of exports is known, nothing of it is hidden") {
  const SymbolTexts texts{{}, kTree, "printk\njiffies\n"};
  CHECK(judged({"printk", "jiffies"}, texts).symbols.empty());
  CHECK(judged({"printk", "jiffies"}, texts).all_judged);
  CHECK(written(judged({"printk", "print", "printkk", "gone"}, texts)) ==
        Texts{"print@", "printkk@", "gone@"});
  CHECK(judged({"gone"}, texts).all_judged);
  // What a module exports is believed of the loaded ones, as long as the kernel does not show it.
  CHECK(written(judged({"vxlan_add"}, texts)) == Texts{"vxlan_add@vxlan"});
  CHECK(judged({"vxlan_add"}, texts, {"vxlan"}).symbols.empty());
  CHECK(judged({"vxlan_add"}, texts, {"vxlan"}).all_judged);
  // What the kernel names and does not export is not there; what a loaded module shows is.
  const SymbolTexts both{"0 T _stext\n0 t hidden\n0 t of_module\t[stranger]\n", kTree, "printk\n"};
  CHECK(written(judged({"hidden", "of_module", "printk"}, both)) == Texts{"hidden@"});
}

TEST_CASE("what cannot be seen is not said to be judged") {
  CHECK_FALSE(judged({"printk"}, {}).all_judged);
  CHECK(judged({}, {}).all_judged);
  CHECK(judged({"printk"}, {kKernel, kTree, {}}).all_judged);
  CHECK_FALSE(judged({"jiffies"}, {"0 T _stext\n0 T printk\n", kTree, {}}).all_judged);
}

TEST_CASE("of a module that was handed over its facts are asked, and no file is") {
  PlannedModule module;
  module.name = "gate_test";
  module.path = "/lib/modules/x/gate_test.ko";
  module.handed_over = true;
  const SymbolSources sources{MODGATE_SOURCE_DIR, "printk\n", {}};
  CHECK(unknown_symbols_of(module, sources).symbols.empty());
  CHECK_FALSE(unknown_symbols_of(module, sources).all_judged);
  module.facts.needs = {{"printk", true}, {"no_such_symbol_here", false}};
  CHECK(written(unknown_symbols_of(module, sources)) == Texts{"no_such_symbol_here@"});
  CHECK_FALSE(unknown_symbols_of(module, sources).all_judged);
  module.handed_over = false;
  module.path = "/nonexistent/gate_test.ko";
  CHECK(unknown_symbols_of(module, sources).symbols.empty());
  CHECK(unknown_symbols_of(module, {"/nonexistent", "printk\n", {}}).symbols.empty());
}

TEST_CASE("symbols that are not there are described with who has them") {
  CHECK(describe({{"a", ""}}) == "neither the kernel nor a loaded module of its tree has a");
  CHECK(describe({{"a", "m"}, {"b", "l"}, {"c", "m"}}) ==
        "neither the kernel nor a loaded module of its tree has a, b, c; load l, m first");
  CHECK(describe(std::vector<UnknownSymbol>(20, UnknownSymbol{"foo", ""}))
            .ends_with("foo and 12 more"));
}

TEST_CASE("weak imports are not needed") {
  test::ModuleFile file;
  file.imports = {"printk", "perhaps"};
  file.weak_imports = {"perhaps"};
  const std::string bytes = file.bytes();
  const auto elf =
      ElfModule::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE(elf);
  Texts all;
  REQUIRE(elf->each_import([&](std::string_view name) { all.emplace_back(name); }));
  CHECK(all == Texts{"printk", "perhaps"});
  Texts needed;
  REQUIRE(elf->each_needed_import([&](std::string_view name, bool is_called) {
    CHECK_FALSE(is_called);
    needed.emplace_back(name);
  }));
  CHECK(needed == Texts{"printk"});
}

TEST_CASE("an import that is called is a function") {
  test::ModuleFile file;
  file.imports = {"printk", "jiffies"};
  file.called = {1, 77};
  const std::string bytes = file.bytes();
  const auto elf =
      ElfModule::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE(elf);
  Texts called;
  REQUIRE(elf->each_needed_import([&](std::string_view name, bool is_called) {
    if (is_called) called.emplace_back(name);
  }));
  CHECK(called == Texts{"printk"});
}
