// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gate/policy/decide.h"
#include "gate/policy/parse.h"

namespace modgate {

inline Policy policy_of(const std::vector<PolicyFile>& sources) {
  ParsedPolicy parsed = parse_policy(sources);
  if (!parsed.policy) throw std::invalid_argument(parsed.problems.front().text());
  return std::move(*parsed.policy);
}

inline Policy policy_of(const std::string& text) { return policy_of({{"p.toml", text}}); }

/// What is wrong with a policy, each as it is shown.
inline std::vector<std::string> problems_of(const std::vector<PolicyFile>& sources) {
  std::vector<std::string> texts;
  const ParsedPolicy parsed = parse_policy(sources);
  bool has_error = false;
  for (const Problem& problem : parsed.problems) {
    texts.push_back(problem.text());
    has_error = has_error || problem.is_error;
  }
  if (has_error == parsed.policy.has_value()) texts.emplace_back("an error and a policy");
  return texts;
}

inline std::vector<std::string> problems_of(const std::string& text) {
  return problems_of({{"p.toml", text}});
}

/// A role of alice's whose only allow rule has these keys.
inline Policy allow_rule(const std::string& keys) {
  return policy_of("[role.dev]\nmembers = [\"alice\"]\n[[role.dev.allow]]\n" + keys);
}

/// alice may do everything that has a name, but for a global deny with these keys.
inline Policy deny_rule(const std::string& keys) {
  return policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"*\"]\nactions = [\"load\", \"unload\"]\n"
      "[[role.dev.allow]]\nmodules = [\"*\"]\nsource = \"file\"\nunpinned = true\n"
      "[[deny]]\n" +
      keys);
}

inline Caller alice() {
  Caller caller;
  caller.peer.uid = 1000;
  caller.user = "alice";
  caller.groups = {{1000, "alice"}, {2000, "netdev"}};
  return caller;
}

inline PlannedModule fresh(const std::string& name, Why why = Why::asked) {
  PlannedModule module;
  module.name = name;
  module.path = "/lib/modules/R/kernel/drivers/net/" + name + ".ko";
  module.place = "kernel/drivers/net/" + name;
  module.why = why;
  return module;
}

inline PlannedModule handed_over(const std::string& name) {
  PlannedModule module;
  module.name = name;
  module.handed_over = true;
  return module;
}

inline PlannedModule with_state(PlannedModule module, ModuleState state) {
  module.state = state;
  return module;
}

inline PlannedModule with_parameter(PlannedModule module, const std::string& name,
                                    const std::string& value) {
  module.parameters.push_back({name, value});
  return module;
}

inline PlannedModule inspected(PlannedModule module, std::uint8_t digest_byte = 0xab) {
  module.inspected = true;
  module.facts.sha256.fill(digest_byte);
  module.facts.declared.assign(module.parameters.size(), true);
  return module;
}

/// m, inspected, with these signers.
inline PlannedModule signed_by(std::vector<std::string> signers) {
  PlannedModule module = inspected(fresh("m"));
  module.facts.appended_signature = true;
  module.facts.signers = std::move(signers);
  return module;
}

inline Plan load_of(std::vector<PlannedModule> modules) {
  Plan plan;
  plan.modules = std::move(modules);
  return plan;
}

inline Plan unload_of(std::vector<PlannedModule> modules) {
  Plan plan = load_of(std::move(modules));
  plan.action = Action::unload;
  for (PlannedModule& module : plan.modules) module.state = ModuleState::loaded;
  return plan;
}

/// Wednesday, 2026-12-02, 12:00 local time, which is one hour ahead of UTC.
inline Circumstances some_noon() {
  Circumstances now;
  now.host = "lab-1";
  now.local_seconds = 1796212800;
  now.now = now.local_seconds - 3600;
  now.weekday = 3;
  now.minute_of_day = 12 * 60;
  return now;
}

inline bool allows(const Policy& policy, const Plan& plan, const Circumstances& now = some_noon()) {
  return is_allowed(decide(policy, alice(), plan, now).verdict);
}

}  // namespace modgate
