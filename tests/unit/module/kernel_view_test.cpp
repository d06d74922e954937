// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_view.h"

#include <cerrno>

#include "catch.h"
#include "gate/module/kernel_settings.h"
#include "gate/module/vermagic.h"

using namespace modgate;

TEST_CASE("lines of /proc/modules are read") {
  const auto modules = parse_loaded_modules(
      "vxlan 131072 0 - Live 0x0000000000000000\n"
      "udp_tunnel 28672 1 vxlan, Live 0x0000000000000000\n"
      "base 16384 2 one,two, Loading 0xffffffffc0a0e000 (OE)\n"
      "stuck 16384 1 [permanent], Unloading 0x0\n"
      "fixed 16384 - - Live 0x0\n"
      "going 16384 -1 - Unloading 0x0\n");
  REQUIRE(modules);
  REQUIRE(modules->size() == 6);
  CHECK((*modules)[0].name == "vxlan");
  CHECK((*modules)[0].size == 131072);
  CHECK((*modules)[0].holders.empty());
  CHECK((*modules)[1].holders == std::vector<std::string>{"vxlan"});
  CHECK((*modules)[1].references == 1);
  CHECK((*modules)[2].holders == std::vector<std::string>{"one", "two"});
  CHECK((*modules)[2].state == "Loading");
  CHECK((*modules)[2].taints == "OE");
  CHECK((*modules)[3].holders.empty());
  CHECK((*modules)[4].references == 0);
  CHECK((*modules)[5].references == 0);
}

TEST_CASE("a line that is none makes the whole list unusable") {
  REQUIRE(parse_loaded_modules(""));
  CHECK(parse_loaded_modules("")->empty());
  CHECK(parse_loaded_modules("a 1 0 - Live 0x0"));
  for (const char* text :
       {"\n", "a\n", "a 1 0 -\n", "a 1 0 - Live\n", "a x 0 - Live 0x0\n", "a 1 x - Live 0x0\n",
        "a 1 -2 - Live 0x0\n", "a-b 1 0 - Live 0x0\n", "../a 1 0 - Live 0x0\n",
        "a 1 0 - Live 0x0\n\n", "a 99999999999999999999 0 - Live 0x0\n"}) {
    INFO(text);
    CHECK_FALSE(parse_loaded_modules(text));
  }
}

TEST_CASE("only a module's name has an instance") {
  CHECK_FALSE(module_instance("../../etc"));
  CHECK_FALSE(module_instance(""));
  CHECK_FALSE(module_instance("no_such_module_here"));
}

TEST_CASE("errno has its name") {
  CHECK(errno_name(ENOEXEC) == "ENOEXEC");
  CHECK(errno_name(EKEYREJECTED) == "EKEYREJECTED");
  CHECK(errno_name(0) == "errno 0");
  CHECK(errno_name(4095) == "errno 4095");
}

TEST_CASE("an error of a load says its errno, and what it usually means") {
  PlannedModule module;
  module.name = "gate_test";
  module.facts.vermagic = "5.1.0-other SMP mod_unload";
  const std::string magic = explain_load_error(ENOEXEC, module);
  CHECK(magic.find("ENOEXEC") != std::string::npos);
  CHECK(magic.find("5.1.0-other SMP mod_unload") != std::string::npos);
  CHECK(magic.find(kernel_release()) != std::string::npos);
  const std::string symbol = explain_load_error(ENOENT, module);
  CHECK(symbol.find("unknown symbol") != std::string::npos);
  CHECK(symbol.find("5.1.0-other") != std::string::npos);
  CHECK(symbol.find(kernel_release()) != std::string::npos);
  for (const int code : {EPERM, EEXIST, EKEYREJECTED, EBADMSG, EINVAL, EBUSY, ENOSYS, EIO, ENOMEM,
                         ENODEV, ENOKEY, ENODATA, ENOPKG, ETXTBSY, 4095}) {
    CHECK(explain_load_error(code, module).find('(' + errno_name(code) + ')') != std::string::npos);
  }
}

TEST_CASE("an error of an unload says its errno, and who holds the module") {
  CHECK(explain_unload_error(EAGAIN, "base", {"one", "two"}) ==
        "base is in use (EAGAIN): one, two needs it");
  CHECK(explain_unload_error(ENOENT, "base", {}) == "base is not loaded (ENOENT)");
  for (const int code : {EPERM, EBUSY, ENOSYS, EIO}) {
    CHECK(explain_unload_error(code, "base", {}).find('(' + errno_name(code) + ')') !=
          std::string::npos);
  }
}

TEST_CASE("vermagic is compared as the kernel compares it") {
  const std::string kernel = "6.1.0 SMP mod_unload modversions ";
  CHECK(match_vermagic("6.1.0 SMP mod_unload modversions ", kernel, "6.1.0") == MagicMatch::same);
  CHECK(match_vermagic("6.1.0 SMP mod_unload modversions", kernel, "6.1.0") == MagicMatch::same);
  CHECK(match_vermagic("5.1.0 SMP mod_unload modversions", kernel, "6.1.0") ==
        MagicMatch::by_symbol_versions);
  CHECK(match_vermagic("5.1.0 UMP mod_unload modversions", kernel, "6.1.0") == MagicMatch::differs);
  CHECK(match_vermagic("6.1.0 SMP mod_unload", kernel, "6.1.0") == MagicMatch::differs);
  CHECK(match_vermagic("", kernel, "6.1.0") == MagicMatch::differs);
  CHECK(match_vermagic("5.1.0 SMP", "6.1.0 SMP", "6.1.0") == MagicMatch::differs);
  CHECK(match_vermagic("6.1.0 SMP", "", "6.1.0") == MagicMatch::same);
  CHECK(match_vermagic("6.1.00 SMP", "", "6.1.0") == MagicMatch::differs);
  CHECK(match_vermagic("5.1.0 SMP modversions", "", "6.1.0") == MagicMatch::by_symbol_versions);
}

TEST_CASE("the kernel's own blacklist is read from its command line") {
  CHECK(is_on_blacklist("quiet module_blacklist=a,b\n", "b"));
  CHECK(is_on_blacklist("module-blacklist=a", "a"));
  CHECK_FALSE(is_on_blacklist("module_blacklist=a,b", "c"));
  CHECK_FALSE(is_on_blacklist("module_blacklist=ab", "a"));
  CHECK_FALSE(is_on_blacklist("module_blacklist=a module_blacklist=b", "a"));
  CHECK_FALSE(is_on_blacklist("modprobe.blacklist=a", "a"));
  CHECK_FALSE(is_on_blacklist("", "a"));
}

TEST_CASE("the level of a lockdown is the word in brackets") {
  CHECK(bracketed_word("[none] integrity confidentiality\n") == "none");
  CHECK(bracketed_word("none [integrity] confidentiality\n") == "integrity");
  CHECK_FALSE(bracketed_word("none integrity"));
  CHECK_FALSE(bracketed_word("] ["));
  CHECK_FALSE(bracketed_word(""));
}

TEST_CASE("whether what a file needs is there is certain, refused or open") {
  PlannedModule module;
  module.name = "gate_test";
  CHECK(check_symbols(module, {{}, true}).verdict == "ok");
  CHECK(check_symbols(module, {{}, false}).verdict == "unknown");
  const KernelCheck lacks = check_symbols(module, {{{"foo", "vxlan"}}, true});
  CHECK(lacks.verdict == "refuses");
  CHECK(lacks.message.find("has foo; load vxlan first") != std::string::npos);
  CHECK(check_symbols(module, {{{"foo", ""}}, false}).verdict == "unknown");
}

TEST_CASE("a plan is checked against the kernel's switches") {
  Plan plan;
  PlannedModule module;
  module.name = "gate_test";
  module.inspected = true;
  module.facts.vermagic = kernel_release() + " UMP";
  plan.modules.push_back(module);
  const auto verdict = [](const std::vector<KernelCheck>& checks, const std::string& name) {
    for (const KernelCheck& check : checks) {
      if (check.check == name) return check.verdict;
    }
    return std::string("absent");
  };
  auto checks = kernel_checks(plan);
  for (const char* name :
       {"sig_enforce", "lockdown", "modules_disabled", "vermagic", "blacklist"}) {
    CHECK(verdict(checks, name) != "absent");
  }
  plan.modules[0].facts.vermagic = "5.0.0-stranger UMP";
  CHECK(verdict(kernel_checks(plan), "vermagic") == "refuses");
  plan.modules[0].inspected = false;
  CHECK(verdict(kernel_checks(plan), "vermagic") == "unknown");
  CHECK(verdict(kernel_checks(plan), "symbols") == "absent");
  plan.modules[0].handed_over = true;
  CHECK(verdict(kernel_checks(plan), "symbols") == "unknown");
  plan.modules[0].state = ModuleState::loaded;
  CHECK(verdict(kernel_checks(plan), "vermagic") == "absent");
  plan.modules[0].state = ModuleState::fresh;
  plan.action = Action::unload;
  checks = kernel_checks(plan);
  CHECK(checks.size() == 1);
  CHECK(verdict(checks, "modules_disabled") != "absent");
}
