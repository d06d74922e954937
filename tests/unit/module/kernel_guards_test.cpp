// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "catch.h"
#include "gate/module/kernel_view.h"

using namespace modgate;

namespace {

using Texts = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

PlannedModule sample() {
  PlannedModule module;
  module.name = "gate_test";
  module.inspected = true;
  module.facts.vermagic = "6.1.0 SMP";
  return module;
}

/// A kernel that refuses nothing.
KernelSettings open_kernel() {
  KernelSettings settings;
  settings.signatures_enforced = false;
  settings.lockdown = "none";
  settings.modules_disabled = false;
  settings.command_line = "quiet";
  settings.release = "6.1.0";
  settings.vermagic = "6.1.0 SMP";
  return settings;
}

KernelCheck check_of(const std::string& name, const KernelSettings& settings,
                     const PlannedModule& module = sample()) {
  Plan plan;
  plan.modules.push_back(module);
  for (const KernelCheck& check : kernel_checks(plan, settings)) {
    if (check.check == name) return check;
  }
  return {name, "absent", ""};
}

std::string why(int code, const KernelSettings& settings, const PlannedModule& module = sample(),
                const std::vector<UnknownSymbol>& unknown = {}) {
  return explain_load_error(code, module, settings, {unknown, false});
}

}  // namespace

TEST_CASE("IMA appraises modules in memory by some policies only") {
  struct Row {
    const char* policy;
    bool appraises;
  };
  const Row rows[] = {
      {"", false},
      {"appraise func=MODULE_CHECK appraise_type=imasig\n", true},
      {"measure func=MODULE_CHECK\n", false},
      {"appraise func=KEXEC_KERNEL_CHECK\n", false},
      {"appraise fowner=0\n", true},
      {"dont_appraise fsmagic=0x1021994\nappraise fowner=0\n", false},
      {"dont_appraise fsmagic=0x9fa0\nappraise fowner=0\n", true},
      {"dont_appraise func=FILE_CHECK fsmagic=0x1021994\nappraise func=MODULE_CHECK\n", true},
      {"appraise func=MODULE_CHECK\ndont_appraise fsmagic=0x1021994\n", true},
      {"appraise func=MODULE_CHECK fsuuid=1234\n", false},
      {"appraise", true},
      {" \n\n\t\n", false},
  };
  for (const Row& row : rows) {
    INFO(row.policy);
    GuardTexts texts;
    texts.ima_policy = row.policy;
    CHECK((file_guards(texts) == Texts{"IMA appraisal"}) == row.appraises);
  }
}

TEST_CASE("IMA appraises modules in memory by the command line") {
  struct Row {
    const char* line;
    bool appraises;
  };
  const Row rows[] = {
      {"quiet ima_policy=secure_boot\n", true},
      {"ima_policy=tcb|secure_boot", true},
      {"ima_policy=tcb ima_policy=secure_boot", true},
      {"ima_policy=appraise_tcb", false},
      {"ima_policy=secure_boot ima_appraise=log", false},
      {"ima_policy=secure_boot ima_appraise=enforce", true},
      {"xima_policy=secure_boot", false},
      {"ima_policy", false},
      {"", false},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    GuardTexts texts;
    texts.command_line = row.line;
    CHECK(file_guards(texts).empty() != row.appraises);
  }
}

TEST_CASE("LoadPin and IPE count where they are active") {
  GuardTexts texts;
  texts.lsm = "lockdown,capability,loadpin,ipe\n";
  CHECK(file_guards(texts).empty());
  texts.loadpin = "N\n";
  CHECK(file_guards(texts).empty());
  texts.loadpin = "Y\n";
  CHECK(file_guards(texts) == Texts{"LoadPin"});
  texts.loadpin = "0\n";
  texts.ipe_policies = {"0\n", ""};
  CHECK(file_guards(texts).empty());
  texts.ipe_policies = {"0\n", "1\n"};
  CHECK(file_guards(texts) == Texts{"IPE"});
  texts.ipe_enforces = "0\n";
  CHECK(file_guards(texts).empty());
  texts.ipe_enforces = "1\n";
  texts.loadpin = "1\n";
  CHECK(file_guards(texts) == Texts{"LoadPin", "IPE"});
  texts.lsm = "loadpinned,xipe\n";
  CHECK(file_guards(texts).empty());
}

TEST_CASE("a kernel that refuses nothing is fine with a plan") {
  for (const char* name :
       {"sig_enforce", "lockdown", "modules_disabled", "vermagic", "blacklist", "load_source"}) {
    INFO(name);
    CHECK(check_of(name, open_kernel()).verdict == "ok");
  }
}

TEST_CASE("each switch of the kernel refuses by itself") {
  KernelSettings settings = open_kernel();
  settings.signatures_enforced = true;
  CHECK(check_of("sig_enforce", settings).verdict == "refuses");
  settings = open_kernel();
  settings.lockdown = "integrity";
  CHECK(check_of("lockdown", settings).verdict == "refuses");
  CHECK(has(check_of("lockdown", settings).message, "integrity"));
  settings = open_kernel();
  settings.modules_disabled = true;
  CHECK(check_of("modules_disabled", settings).verdict == "refuses");
  settings = open_kernel();
  settings.command_line = "module_blacklist=other,gate_test";
  CHECK(check_of("blacklist", settings).verdict == "refuses");
  settings.command_line.reset();
  CHECK(check_of("blacklist", settings).verdict == "unknown");
  settings = open_kernel();
  settings.vermagic = "6.1.0 SMP preempt";
  const KernelCheck magic = check_of("vermagic", settings);
  CHECK(magic.verdict == "refuses");
  CHECK(has(magic.message, "\"6.1.0 SMP\""));
  CHECK(has(magic.message, "\"6.1.0 SMP preempt\""));
  settings = open_kernel();
  settings.file_guards = {"IMA appraisal", "IPE"};
  const KernelCheck source = check_of("load_source", settings);
  CHECK(source.verdict == "unknown");
  CHECK(has(source.message, "IMA appraisal and IPE"));
  CHECK(has(source.message, "load_source = \"file\""));
}

TEST_CASE("a signature that the kernel trusts satisfies it, another one may") {
  KernelSettings settings = open_kernel();
  settings.signatures_enforced = true;
  PlannedModule module = sample();
  module.facts.appended_signature = true;
  CHECK(check_of("sig_enforce", settings, module).verdict == "unknown");
  module.facts.signers = {"lab-key"};
  CHECK(check_of("sig_enforce", settings, module).verdict == "unknown");
  module.facts.signers = {"kernel"};
  CHECK(check_of("sig_enforce", settings, module).verdict == "ok");
}

TEST_CASE("not permitted is explained by the switch that is set") {
  KernelSettings settings = open_kernel();
  CHECK(has(why(EPERM, settings), "missing capability"));
  CHECK(has(why(EACCES, settings), "load_source = \"file\""));
  settings.file_guards = {"LoadPin"};
  CHECK(has(why(EPERM, settings), "LoadPin judges"));
  CHECK(has(why(EPERM, settings), "load_source = \"file\""));
  CHECK(has(why(EACCES, settings), "LoadPin judges"));
  settings.lockdown = "integrity";
  CHECK(has(why(EPERM, settings), "locked down (integrity)"));
  settings.command_line = "module_blacklist=gate_test";
  CHECK(has(why(EPERM, settings), "module_blacklist="));
  settings.command_line = "module_blacklist=gate_tes";
  CHECK(has(why(EPERM, settings), "locked down"));
  settings.modules_disabled = true;
  CHECK(has(why(EPERM, settings), "kernel.modules_disabled"));
}

TEST_CASE("a rejected key is explained by what the module bears") {
  KernelSettings settings = open_kernel();
  PlannedModule module = sample();
  CHECK(has(why(EKEYREJECTED, settings, module), "it bears none"));
  CHECK_FALSE(has(why(EKEYREJECTED, settings, module), "sig_enforce"));
  settings.signatures_enforced = true;
  CHECK(has(why(EKEYREJECTED, settings, module), "sig_enforce"));
  module.facts.appended_signature = true;
  CHECK(has(why(EKEYREJECTED, settings, module), "not by a key that the kernel trusts"));
  module.inspected = false;
  CHECK(has(why(EKEYREJECTED, settings, module), "there is none, or not by a key"));
}

TEST_CASE("both sides are named, and the symbols that are not there") {
  const KernelSettings settings = open_kernel();
  PlannedModule module = sample();
  module.facts.vermagic = "5.1.0 SMP";
  for (const int code : {ENOEXEC, ENOENT}) {
    CHECK(
        has(why(code, settings, module), "built for \"5.1.0 SMP\", this kernel is \"6.1.0 SMP\""));
  }
  CHECK(has(why(ENOENT, settings, module), "it needs what neither"));
  CHECK(has(why(ENOENT, settings, module, {{"foo", ""}, {"bar", "vxlan"}}),
            "has foo, bar; load vxlan first; built for"));
  const std::vector<UnknownSymbol> many(20, UnknownSymbol{"foo", ""});
  CHECK(has(why(ENOENT, settings, module, many), "foo and 12 more"));
  CHECK(has(explain_load_error(ENOENT, module, settings, {{}, true}), "its init failed with that"));
  CHECK_FALSE(has(why(ENOEXEC, settings, module, many), "foo"));
}
