// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "gate/module/kernel_settings.h"
#include "gate/module/kernel_view.h"
#include "gate/module/vermagic.h"

namespace modgate {
namespace {

constexpr const char* kOk = "ok";
constexpr const char* kRefuses = "refuses";
constexpr const char* kUnknown = "unknown";

using Modules = std::vector<const PlannedModule*>;

Modules to_be_loaded(const Plan& plan) {
  Modules modules;
  for (const PlannedModule& module : plan.modules) {
    if (module.state == ModuleState::fresh) modules.push_back(&module);
  }
  return modules;
}

/// What a kernel that wants signatures says to these modules, for the check `name`.
KernelCheck check_signatures(const std::string& name, const std::string& why,
                             const Modules& modules) {
  bool all_known = true;
  for (const PlannedModule* module : modules) {
    if (!module->inspected) {
      all_known = false;
      continue;
    }
    if (!module->facts.appended_signature) {
      return {name, kRefuses, why + ", and " + module->name + " is not signed"};
    }
    const auto& signers = module->facts.signers;
    if (std::find(signers.begin(), signers.end(), "kernel") == signers.end()) all_known = false;
  }
  if (all_known) return {name, kOk, why + ", and each is signed by a key built into the kernel"};
  return {name, kUnknown, why + "; whether the kernel trusts the keys shows when it loads"};
}

KernelCheck check_enforcement(const Modules& modules, const std::optional<bool>& enforced) {
  if (!enforced)
    return {"sig_enforce", kUnknown, "the kernel does not say whether it wants signatures"};
  if (!*enforced) return {"sig_enforce", kOk, "the kernel does not insist on signatures"};
  return check_signatures("sig_enforce", "the kernel insists on signatures", modules);
}

KernelCheck check_lockdown(const Modules& modules, const std::optional<std::string>& level) {
  if (!level) return {"lockdown", kUnknown, "the kernel does not say whether it is locked down"};
  if (*level == "none") return {"lockdown", kOk, "the kernel is not locked down"};
  return check_signatures("lockdown", "the kernel is locked down (" + *level + ")", modules);
}

KernelCheck check_disabled(const std::optional<bool>& disabled) {
  if (!disabled)
    return {"modules_disabled", kUnknown, "the kernel does not say whether it takes modules"};
  if (!*disabled) return {"modules_disabled", kOk, "modules may come and go"};
  return {"modules_disabled", kRefuses,
          "kernel.modules_disabled is set: no module comes or goes until the next boot"};
}

KernelCheck check_vermagic(const PlannedModule& module, const std::string& kernel,
                           const std::string& release) {
  if (!module.inspected) return {"vermagic", kUnknown, module.name + " was not examined"};
  const std::string& built_for = module.facts.vermagic;
  const std::string sides = module.name + " is built for \"" + built_for + "\", this kernel is \"" +
                            (kernel.empty() ? release : kernel) + '"';
  switch (match_vermagic(built_for, kernel, release)) {
    case MagicMatch::same:
      return {"vermagic", kOk, module.name + " is built for this kernel"};
    case MagicMatch::by_symbol_versions:
      return {"vermagic", kUnknown, sides + ": it loads only if every symbol has the same version"};
    case MagicMatch::differs:
      break;
  }
  return {"vermagic", kRefuses, sides};
}

KernelCheck check_blacklist(const Modules& modules,
                            const std::optional<std::string>& command_line) {
  if (!command_line) return {"blacklist", kUnknown, "the kernel's command line cannot be read"};
  for (const PlannedModule* module : modules) {
    if (is_on_blacklist(*command_line, module->name)) {
      return {"blacklist", kRefuses,
              module->name + " stands in module_blacklist= on the kernel's command line"};
    }
  }
  return {"blacklist", kOk, "the kernel's command line names none of the modules"};
}

/// Whether the file itself is handed to the kernel says the policy.
KernelCheck check_source(const std::vector<std::string>& guards) {
  if (guards.empty()) {
    return {"load_source", kOk, "nothing that is seen here judges a module by its file"};
  }
  std::string names;
  for (const std::string& guard : guards) names += (names.empty() ? "" : " and ") + guard;
  return {"load_source", kUnknown,
          names +
              " judges modules by the file that they lie in: it needs load_source = \"file\" "
              "in the policy's defaults, and a file that it accepts"};
}

}  // namespace

KernelCheck check_symbols(const PlannedModule& module, const UnknownSymbols& unknown) {
  if (unknown.symbols.empty()) {
    return unknown.all_judged
               ? KernelCheck{"symbols", kOk, "all symbols that " + module.name + " needs are there"}
               : KernelCheck{"symbols", kUnknown,
                             "whether all symbols that " + module.name +
                                 " needs are there shows when it loads"};
  }
  const std::string lacks = module.name + " needs more: " + describe(unknown.symbols);
  if (unknown.all_judged) return {"symbols", kRefuses, lacks};
  return {"symbols", kUnknown, lacks + ", as far as it can be seen"};
}

std::vector<KernelCheck> kernel_checks(const Plan& plan, const SymbolSources& sources) {
  KernelSettings settings = read_kernel_settings();
  const Modules modules = to_be_loaded(plan);
  if (!modules.empty()) settings.vermagic = kernel_vermagic(*modules.front());
  std::vector<KernelCheck> checks = kernel_checks(plan, settings);
  if (plan.action == Action::unload) return checks;
  SymbolSources then = sources;
  for (const PlannedModule* module : modules) {
    // Modules of the tree bring their dependencies along; others need what they need.
    if (module->handed_over) {
      checks.push_back(check_symbols(*module, unknown_symbols_of(*module, then)));
    }
    then.also_loaded.push_back(module->name);
  }
  return checks;
}

std::vector<KernelCheck> kernel_checks(const Plan& plan, const KernelSettings& settings) {
  std::vector<KernelCheck> checks{check_disabled(settings.modules_disabled)};
  if (plan.action == Action::unload) return checks;
  const Modules modules = to_be_loaded(plan);
  if (modules.empty()) return checks;
  checks.push_back(check_enforcement(modules, settings.signatures_enforced));
  checks.push_back(check_lockdown(modules, settings.lockdown));
  for (const PlannedModule* module : modules) {
    checks.push_back(check_vermagic(*module, settings.vermagic, settings.release));
  }
  checks.push_back(check_blacklist(modules, settings.command_line));
  checks.push_back(check_source(settings.file_guards));
  return checks;
}

}  // namespace modgate
