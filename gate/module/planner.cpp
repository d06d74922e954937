// SPDX-License-Identifier: Apache-2.0
#include "gate/module/planner.h"

#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "gate/module/kmod_context.h"
#include "gate/module/modprobe_config.h"
#include "gate/module/module_name.h"

namespace modgate {
namespace {

/// One thing that modprobe would do.
struct ProbeStep {
  std::string name;
  std::string path;
  std::string options;
  bool command = false;
  ModuleState state = ModuleState::fresh;
};

/// What a dry run says, as it comes.
struct ProbeNotes {
  std::vector<ProbeStep> steps;
  std::set<std::string> seen;
  bool only_present = false;  ///< leave out what is not in the kernel
  bool too_many = false;
  bool broken = false;
};

/// libkmod hands print_action nothing of its caller's, so the notes of the dry run under way in
/// this thread have to stand where the callback can find them.
ProbeNotes*& notes_under_way() {
  static thread_local ProbeNotes* notes = nullptr;
  return notes;
}

ModuleState state_of(const kmod_module* module) {
  switch (kmod_module_get_initstate(module)) {
    case KMOD_MODULE_BUILTIN:
      return ModuleState::builtin;
    case KMOD_MODULE_LIVE:
      return ModuleState::loaded;
    default:
      return ModuleState::fresh;
  }
}

void note_step(kmod_module* module, bool install, const char* options) noexcept {
  ProbeNotes* notes = notes_under_way();
  if (notes == nullptr) return;
  try {
    ProbeStep step;
    step.name = text_or_empty(kmod_module_get_name(module));
    step.state = state_of(module);
    if (notes->only_present && step.state == ModuleState::fresh) return;
    // A module may come twice: by its name and by an alias. The kernel is asked once.
    if (!notes->seen.insert(step.name).second) return;
    if (notes->steps.size() >= Limits::plan_modules) {
      notes->too_many = true;
      return;
    }
    step.path = text_or_empty(kmod_module_get_path(module));
    step.options = text_or_empty(options);
    while (step.options.ends_with(' ')) step.options.pop_back();
    step.command = install;
    if (step.state == ModuleState::builtin) step.path.clear();
    notes->steps.push_back(std::move(step));
  } catch (const std::exception&) {
    notes->broken = true;
  }
}

/// A dry run never asks for it; should one ever, the answer is no.
int refuse_install(kmod_module* /*module*/, const char* /*command*/, void* /*data*/) noexcept {
  return -EPERM;
}

int dry_run(kmod_module* module, ProbeNotes& notes) {
  notes_under_way() = &notes;
  const int verdict = kmod_module_probe_insert_module(
      module, KMOD_PROBE_DRY_RUN | KMOD_PROBE_IGNORE_LOADED | KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
      nullptr, refuse_install, nullptr, note_step);
  notes_under_way() = nullptr;
  return verdict;
}

/// Names of the modules that have to be there for those asked for.
void add_closure(const kmod_module* module, std::set<std::string>& closure) {
  const KmodList list(kmod_module_get_dependencies(module));
  for (const KmodModule& dependency : modules_of(list.get())) {
    closure.insert(text_or_empty(kmod_module_get_name(dependency.get())));
  }
}

Error no_such_module(const std::string& asked) {
  return {Outcome::failed, "no such module: " + asked, ENOENT};
}

bool is_there(const std::string& path) {
  struct stat state = {};
  return ::stat(path.c_str(), &state) == 0;
}

/// One plan in the making.
class LoadPlan {
 public:
  LoadPlan(std::string asked, const std::string& tree, const std::string& config)
      : tree_(tree), config_(config) {
    plan_.action = Action::load;
    plan_.asked = std::move(asked);
  }

  Result<Plan> make(const std::vector<Parameter>& parameters) {
    auto context = open_kmod(tree_, config_);
    if (!context) return context.error();
    const std::vector<KmodModule> found = look_up(context->get(), plan_.asked);
    if (auto probed = probe(found); !probed) return probed.error();
    const ModprobeConfig lines = ModprobeConfig::read(tree_, config_);
    for (const ProbeStep& step : notes_.steps) {
      if (auto added = add(step, lines); !added) return added.error();
    }
    warn_of_missing(context->get(), lines);
    give(parameters);
    return std::move(plan_);
  }

 private:
  Status probe(const std::vector<KmodModule>& found) {
    for (const KmodModule& module : found) {
      const std::string name = text_or_empty(kmod_module_get_name(module.get()));
      // Of a module that is in the kernel modprobe loads nothing, not even its soft dependencies.
      notes_.only_present = state_of(module.get()) != ModuleState::fresh;
      const int verdict = dry_run(module.get(), notes_);
      if (verdict == KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY) {
        plan_.warnings.push_back(name + " is blacklisted in modprobe.d and left out");
        continue;
      }
      if (verdict < 0) {
        return Error{Outcome::failed, "libkmod cannot plan for " + name, -verdict};
      }
      asked_.insert(name);
      add_closure(module.get(), closure_);
    }
    if (notes_.broken) return Error{Outcome::unavailable, "out of memory while planning", ENOMEM};
    if (notes_.too_many) {
      return Error{Outcome::failed, plan_.asked + " needs more than " +
                                        std::to_string(Limits::plan_modules) + " modules"};
    }
    if (asked_.empty()) return no_such_module(plan_.asked);
    return Done{};
  }

  [[nodiscard]] Why why(const std::string& name) const {
    if (asked_.contains(name)) return Why::asked;
    return closure_.contains(name) ? Why::dependency : Why::soft;
  }

  Status add(const ProbeStep& step, const ModprobeConfig& lines) {
    PlannedModule module;
    module.name = step.name;
    module.path = step.path;
    module.place = place_of(tree_, step.path);
    module.state = step.state;
    module.why = why(step.name);
    module.options = step.options;
    // A name outside the kernel's alphabet comes from a modprobe.d alias and names no module.
    if (!is_canonical_name(step.name)) return leave_out(module);
    if (module.state == ModuleState::fresh) {
      if (step.command) {
        module.command = lines.where("install", step.name);
      } else if (step.path.empty() || !is_there(step.path)) {
        return leave_out(module);
      }
    }
    plan_.modules.push_back(std::move(module));
    return Done{};
  }

  Status leave_out(const PlannedModule& module) {
    if (module.why == Why::soft) {
      plan_.warnings.push_back("the soft dependency " + module.name + " is missing");
      return Done{};
    }
    if (module.path.empty()) return no_such_module(plan_.asked);
    return Error{Outcome::failed, "no such module: the file " + module.path + " is missing",
                 ENOENT};
  }

  /// libkmod passes over soft dependencies that nothing answers to.
  void warn_of_missing(kmod_ctx* context, const ModprobeConfig& lines) {
    std::set<std::string> missing;
    for (const PlannedModule& module : plan_.modules) {
      if (module.state != ModuleState::fresh) continue;
      for (const std::string& name : lines.soft_dependencies(module.name)) {
        if (look_up(context, name).empty()) missing.insert(canonical_name(name));
      }
    }
    for (const std::string& name : missing) {
      plan_.warnings.push_back("the soft dependency " + name + " is missing");
    }
  }

  void give(const std::vector<Parameter>& parameters) {
    if (parameters.empty()) return;
    for (PlannedModule& module : plan_.modules) {
      if (module.why != Why::asked) continue;
      module.parameters = parameters;
      if (module.state != ModuleState::fresh) {
        plan_.warnings.push_back(module.name + " is already there (" + word(module.state) +
                                 "): the parameters are not applied");
      }
    }
  }

  const std::string& tree_;
  const std::string& config_;
  Plan plan_;
  ProbeNotes notes_;
  std::set<std::string> asked_;
  std::set<std::string> closure_;
};

}  // namespace

Result<Plan> Planner::plan_load(const std::string& asked,
                                const std::vector<Parameter>& parameters) const {
  if (!is_lookup_text(asked)) return Error{Outcome::usage, "not a module's name or alias"};
  return LoadPlan(asked, tree_, config_).make(parameters);
}

}  // namespace modgate
