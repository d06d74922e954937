// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/near_miss.h"

#include <cstddef>

#include "gate/policy/matching.h"

namespace modgate {
namespace {

std::string other_actions(const Rule& rule, Action asked) {
  if (asked == Action::unload && rule.unload_own) {
    return "is for unload of what you loaded yourself through the gate";
  }
  if (rule.load) return "is for load only";
  return rule.unload ? "is for unload only" : "is for unload-own only";
}

/// Each key of the rule that does not hold, the most telling one first.
std::vector<std::string> obstacles(const Rule& rule, const Plan& plan,
                                   const PlannedModule& module) {
  std::vector<std::string> found;
  if (!covers_action(rule, plan.action, module)) {
    found.push_back(other_actions(rule, plan.action));
  }
  if (!covers_source(rule, plan, module)) {
    found.emplace_back(rule.source == ModuleSource::file
                           ? "is for modules that you hand over as a file"
                           : "is for modules of the kernel's tree");
  }
  if (!is_in_place(rule, module)) {
    found.emplace_back("is for other places of the kernel's tree");
  }
  return found;
}

/// A rule that names nothing but places names the module by its place.
bool is_named(const Rule& rule, const PlannedModule& module) {
  return names_module(rule, module) && (!rule.modules.empty() || is_in_place(rule, module));
}

}  // namespace

std::string near_miss(const std::vector<const Rule*>& rules, const Plan& plan,
                      const PlannedModule& module) {
  const Rule* nearest = nullptr;
  std::vector<std::string> least;
  for (const Rule* rule : rules) {
    if (!rule->is_allow || !is_named(*rule, module)) continue;
    std::vector<std::string> found = obstacles(*rule, plan, module);
    if (found.empty() || (nearest != nullptr && found.size() >= least.size())) continue;
    nearest = rule;
    least = std::move(found);
  }
  if (nearest == nullptr) return {};
  std::string text = nearest->ref().text() + ", which ";
  for (std::size_t at = 0; at < least.size(); ++at) text += (at > 0 ? ", and " : "") + least[at];
  return text;
}

}  // namespace modgate
