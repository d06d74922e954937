// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/matching.h"

#include <algorithm>

#include "gate/policy/module_name.h"

namespace modgate {
namespace {

bool is_member(const Member& member, const Caller& caller) {
  switch (member.kind) {
    case Member::Kind::user:
      return !caller.user.empty() && member.name == caller.user;
    case Member::Kind::group:
      // A gid without a name has an empty one, which no member can have.
      return std::any_of(caller.groups.begin(), caller.groups.end(), [&](const Group& group) {
        return !group.name.empty() && group.name == member.name;
      });
    case Member::Kind::uid:
      return caller.peer.uid == member.uid;
  }
  return false;
}

bool any_matches(const std::vector<Glob>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [&](const Glob& glob) { return glob.matches(text); });
}

bool covers_action(const Rule& rule, Action action, const PlannedModule& module) {
  if (action == Action::load) return rule.load;
  return rule.unload || (rule.unload_own && module.own);
}

bool covers_source(const Rule& rule, const Plan& plan, const PlannedModule& module) {
  // What is loaded has no source: an unload is about its name.
  if (plan.action == Action::unload) return true;
  switch (rule.source) {
    case ModuleSource::tree:
      return !module.handed_over;
    case ModuleSource::file:
      return module.handed_over;
    case ModuleSource::any:
      return true;
  }
  return false;
}

/// Parameters of every module, which the kernel itself understands (kernel/module/main.c).
bool is_kernels_own(const std::string& parameter) {
  return parameter == "async_probe" || parameter == "dyndbg";
}

}  // namespace

std::vector<const Role*> roles_of(const Policy& policy, const Caller& caller) {
  std::vector<const Role*> roles;
  for (const Role& role : policy.roles()) {
    if (std::any_of(role.members.begin(), role.members.end(),
                    [&](const Member& member) { return is_member(member, caller); })) {
      roles.push_back(&role);
    }
  }
  return roles;
}

std::vector<const Rule*> rules_for(const Policy& policy, const Caller& caller) {
  const std::vector<const Role*> roles = roles_of(policy, caller);
  std::vector<const Rule*> rules;
  for (const Rule& rule : policy.rules()) {
    const bool is_global = rule.ref.role.empty() && !rule.is_allow;
    if (is_global || std::any_of(roles.begin(), roles.end(),
                                 [&](const Role* role) { return role->name == rule.ref.role; })) {
      rules.push_back(&rule);
    }
  }
  return rules;
}

bool holds_now(const Rule& rule, const Circumstances& now) {
  if (rule.not_before && !rule.not_before->is_past(now)) return false;
  if (rule.expires && rule.expires->is_past(now)) return false;
  if (!any_matches(rule.hosts, now.host)) return false;
  return rule.hours.empty() ||
         std::any_of(rule.hours.begin(), rule.hours.end(), [&](const Hours& hours) {
           return hours.contains(now.weekday, now.minute_of_day);
         });
}

bool is_about(const Rule& rule, const Plan& plan, const PlannedModule& module) {
  if (!covers_action(rule, plan.action, module) || !covers_source(rule, plan, module)) return false;
  if (!any_matches(rule.modules, module.name)) return false;
  const bool has_place = !module.handed_over && !module.place.empty();
  return rule.trees.empty() || (has_place && any_matches(rule.trees, module.place));
}

bool meets_digests(const Rule& rule, const PlannedModule& module, bool uninspected) {
  if (rule.sha256.empty()) return true;
  if (!module.inspected) return uninspected;
  return std::find(rule.sha256.begin(), rule.sha256.end(), module.facts.sha256) !=
         rule.sha256.end();
}

bool meets_imports(const Rule& rule, const PlannedModule& module) {
  if (rule.imports.empty()) return true;
  return module.inspected &&
         std::any_of(rule.imports.begin(), rule.imports.end(), [&](const std::string& symbol) {
           return std::find(module.facts.imports.begin(), module.facts.imports.end(), symbol) !=
                  module.facts.imports.end();
         });
}

std::string parameter_trouble(const Rule& rule, const PlannedModule& module) {
  for (std::size_t at = 0; at < module.parameters.size(); ++at) {
    const Parameter& parameter = module.parameters[at];
    const std::string name = canonical_name(parameter.name);
    const ParameterVerdict verdict =
        judge_parameter(rule.parameters, module.name, name, parameter.value);
    if (verdict == ParameterVerdict::not_named) {
      return "the parameter " + name + " is not one that the rule names";
    }
    if (!is_plain_value(parameter.value)) {
      return "the value of " + name +
             " has quotes, white space or other characters than plain ASCII";
    }
    if (verdict != ParameterVerdict::allowed) {
      return "the value of " + name + " is not one that the rule allows";
    }
    const bool is_declared = !module.inspected || is_kernels_own(name) ||
                             (at < module.facts.declared.size() && module.facts.declared[at]);
    if (!is_declared) return "the module declares no parameter " + name;
  }
  return {};
}

}  // namespace modgate
