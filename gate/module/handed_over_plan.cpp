// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "gate/module/planner.h"

namespace modgate {
namespace {

bool has(const Plan& plan, const std::string& name) {
  return std::any_of(plan.modules.begin(), plan.modules.end(),
                     [&](const PlannedModule& module) { return module.name == name; });
}

/// Puts behind `plan` what `more` has and it has not yet.
void take_over(Plan more, Plan& plan) {
  for (PlannedModule& module : more.modules) {
    if (has(plan, module.name)) continue;
    if (module.why == Why::asked) module.why = Why::dependency;
    plan.modules.push_back(std::move(module));
  }
  std::move(more.warnings.begin(), more.warnings.end(), std::back_inserter(plan.warnings));
}

}  // namespace

Result<Plan> Planner::plan_with(PlannedModule driver) const {
  Plan plan;
  plan.asked = driver.path;
  driver.why = Why::asked;
  if (driver.state == ModuleState::fresh) {
    for (const std::string& needed : driver.facts.depends) {
      auto more = plan_load(needed, {});
      if (!more) {
        return Error{more.error().outcome,
                     driver.name + " needs " + needed + ": " + more.error().message,
                     more.error().code};
      }
      take_over(std::move(*more), plan);
    }
  } else if (!driver.parameters.empty()) {
    plan.warnings.push_back(driver.name +
                            " is already there (loaded): the parameters are not applied");
  }
  if (has(plan, driver.name) || plan.modules.size() >= Limits::plan_modules) {
    return Error{Outcome::rejected, driver.name + " needs itself, or too many modules"};
  }
  plan.modules.push_back(std::move(driver));
  return plan;
}

}  // namespace modgate
