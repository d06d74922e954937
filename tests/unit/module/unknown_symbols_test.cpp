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
Texts unknown(const Texts& names, const std::string& kallsyms, const Texts& loaded = {}) {
  std::vector<NeededSymbol> needed;
  for (const std::string& name : names) {
    const bool is_function = name.ends_with("()");
    needed.push_back({name.substr(0, name.size() - (is_function ? 2 : 0)), is_function});
  }
  Texts found;
  for (const UnknownSymbol& symbol : unknown_symbols(needed, kallsyms, kTree, loaded)) {
    found.push_back(symbol.name + '@' + symbol.provider);
  }
  return found;
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

TEST_CASE("a module that was handed over is not looked into") {
  PlannedModule module;
  module.name = "gate_test";
  module.path = "/lib/modules/x/gate_test.ko";
  module.place = "gate_test";
  module.handed_over = true;
  CHECK(unknown_symbols_of(module).empty());
  module.handed_over = false;
  module.path = "/nonexistent/gate_test.ko";
  CHECK(unknown_symbols_of(module).empty());
  module.place.clear();
  CHECK(unknown_symbols_of(module).empty());
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
