// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "gate/module/kernel_view.h"
#include "gate/module/kmod_context.h"
#include "gate/module/modprobe_config.h"
#include "gate/module/module_name.h"
#include "gate/module/planner.h"
#include "gate/module/unload_order.h"

namespace modgate {
namespace {

using Loaded = std::vector<LoadedModule>;

const LoadedModule* find(const Loaded& loaded, const std::string& name) {
  const auto found = std::find_if(loaded.begin(), loaded.end(),
                                  [&](const LoadedModule& module) { return module.name == name; });
  return found == loaded.end() ? nullptr : &*found;
}

/// A kernel without modules has none loaded.
Result<Loaded> loaded_now() {
  auto loaded = loaded_modules();
  if (!loaded && loaded.error().code == ENOENT) return Loaded{};
  return loaded;
}

bool is_known(const kmod_module* module) {
  return kmod_module_get_path(module) != nullptr ||
         kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN ||
         kmod_module_get_remove_commands(module) != nullptr;
}

/// The modules that `asked` means: the loaded one of that name, else what modprobe would take it
/// for. Of several, those that are loaded, if any is. Empty: no such module.
std::vector<std::string> meant_by(const std::string& asked, kmod_ctx* context,
                                  const Loaded& loaded) {
  const std::string name = canonical_name(asked);
  if (find(loaded, name) != nullptr) return {name};
  std::vector<std::string> known;
  std::vector<std::string> there;
  for (const KmodModule& module : look_up(context, asked)) {
    std::string other = text_or_empty(kmod_module_get_name(module.get()));
    if (!is_canonical_name(other)) continue;
    const bool is_loaded = find(loaded, other) != nullptr;
    if (is_loaded) there.push_back(other);
    if (is_loaded || is_known(module.get())) known.push_back(std::move(other));
  }
  return there.empty() ? known : there;
}

Result<PlannedModule> planned(const std::string& name, const std::string& tree, kmod_ctx* context,
                              const Loaded& loaded, const ModprobeConfig& lines) {
  kmod_module* raw = nullptr;
  if (kmod_module_new_from_name(context, name.c_str(), &raw) < 0) {
    return Error{Outcome::unavailable, "libkmod cannot name " + name, ENOMEM};
  }
  const KmodModule module(raw);
  PlannedModule one;
  one.name = name;
  if (find(loaded, name) != nullptr) {
    one.state = ModuleState::loaded;
  } else if (kmod_module_get_initstate(raw) == KMOD_MODULE_BUILTIN) {
    one.state = ModuleState::builtin;
  }
  if (one.state != ModuleState::builtin) one.path = text_or_empty(kmod_module_get_path(raw));
  one.place = place_of(tree, one.path);
  if (kmod_module_get_remove_commands(raw) != nullptr) one.command = lines.where("remove", name);
  return one;
}

bool is_held(const std::string& name, const std::vector<std::string>& by, const Loaded& loaded) {
  const LoadedModule* module = find(loaded, name);
  return module != nullptr &&
         std::any_of(module->holders.begin(), module->holders.end(),
                     [&](const std::string& holder) {
                       return holder != name && std::find(by.begin(), by.end(), holder) != by.end();
                     });
}

}  // namespace

std::vector<std::string> holders_first(const std::vector<std::string>& names,
                                       const std::vector<LoadedModule>& loaded) {
  std::vector<std::string> left;
  for (const std::string& name : names) {
    if (std::find(left.begin(), left.end(), name) == left.end()) left.push_back(name);
  }
  std::vector<std::string> ordered;
  while (!left.empty()) {
    auto next = std::find_if(left.begin(), left.end(),
                             [&](const std::string& name) { return !is_held(name, left, loaded); });
    // Modules that hold each other: the kernel will refuse, in whatever order.
    if (next == left.end()) next = left.begin();
    ordered.push_back(std::move(*next));
    left.erase(next);
  }
  return ordered;
}

Result<Plan> Planner::plan_unload(const std::vector<std::string>& asked) const {
  if (asked.empty() || asked.size() > Limits::message_fields ||
      !std::all_of(asked.begin(), asked.end(),
                   [](const std::string& name) { return is_lookup_text(name); })) {
    return Error{Outcome::usage, "not a module's name or alias"};
  }
  auto context = open_kmod(tree_, config_);
  if (!context) return context.error();
  const auto loaded = loaded_now();
  if (!loaded) return loaded.error();

  Plan plan;
  plan.action = Action::unload;
  std::vector<std::string> names;
  for (const std::string& one : asked) {
    if (!plan.asked.empty()) plan.asked += ' ';
    plan.asked += one;
    const std::vector<std::string> meant = meant_by(one, context->get(), *loaded);
    if (meant.empty()) return Error{Outcome::failed, "no such module: " + one, ENOENT};
    names.insert(names.end(), meant.begin(), meant.end());
  }
  names = holders_first(names, *loaded);
  if (names.size() > Limits::plan_modules) {
    return Error{Outcome::failed,
                 "these are more than " + std::to_string(Limits::plan_modules) + " modules"};
  }
  const ModprobeConfig lines = ModprobeConfig::read(tree_, config_);
  for (const std::string& name : names) {
    auto module = planned(name, tree_, context->get(), *loaded, lines);
    if (!module) return module.error();
    plan.modules.push_back(std::move(*module));
  }
  return plan;
}

}  // namespace modgate
