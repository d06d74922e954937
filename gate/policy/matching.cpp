// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/matching.h"

#include <algorithm>

#include "gate/policy/module_name.h"

namespace modgate {
namespace {

bool is_in_hours(const RuleDetails& details, const Circumstances& now) {
  return details.hours.empty() ||
         std::any_of(details.hours.begin(), details.hours.end(), [&](const Hours& hours) {
           return hours.contains(now.weekday, now.minute_of_day);
         });
}

bool has_digest(const RuleDetails& details, const ModuleFacts& facts) {
  return details.digests.empty() ||
         std::any_of(details.digests.begin(), details.digests.end(),
                     [&](const auto& list) { return list->contains(facts.sha256); });
}

bool has_signer(const RuleDetails& details, const ModuleFacts& facts) {
  return details.signers.empty() ||
         std::any_of(details.signers.begin(), details.signers.end(),
                     [&](const std::string& signer) {
                       return std::find(facts.signers.begin(), facts.signers.end(), signer) !=
                              facts.signers.end();
                     });
}

/// The first few names, for a sentence.
std::string listed(const std::vector<std::string>& names, const std::string& word) {
  constexpr std::size_t kMostShown = 8;
  std::string text;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at == kMostShown) return text + word + "others";
    text += (at == 0 ? "" : at + 1 == names.size() ? word : ", ") + names[at];
  }
  return text;
}

/// Parameters of every module, which the kernel itself understands (kernel/module/main.c).
bool is_kernels_own(const std::string& parameter) {
  return parameter == "async_probe" || parameter == "dyndbg";
}

}  // namespace

std::vector<const Rule*> rules_for(const Policy& policy, const Caller& caller) {
  const std::vector<RoleNumber> roles = policy.index().roles_of(policy.roles(), caller);
  std::vector<const Rule*> rules;
  for (const RuleNumber rule : policy.index().rules_of(policy.rules(), roles)) {
    rules.push_back(&policy.rules()[rule]);
  }
  return rules;
}

bool holds_now(const Rule& rule, const Circumstances& now) {
  const RuleDetails& details = *rule.details;
  if (details.not_before && !details.not_before->is_past(now)) return false;
  if (details.expires && details.expires->is_past(now)) return false;
  return matches_any(details.hosts, now.host) && is_in_hours(details, now);
}

std::string reason_not_now(const Rule& rule, const Circumstances& now) {
  const RuleDetails& details = *rule.details;
  if (details.expires && details.expires->is_past(now)) {
    return "it has expired (" + details.expires->text + ')';
  }
  if (!matches_any(details.hosts, now.host)) return "it is for other hosts";
  if (details.not_before && !details.not_before->is_past(now)) {
    return "it begins later (" + details.not_before->text + ')';
  }
  if (is_in_hours(details, now)) return {};
  std::string hours;
  for (const Hours& window : details.hours) hours += (hours.empty() ? "" : ", ") + window.text();
  return "it is for other hours (" + hours + ')';
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

bool names_module(const Rule& rule, const PlannedModule& module) {
  return matches_any(rule.modules, module.name);
}

bool is_in_place(const Rule& rule, const PlannedModule& module) {
  if (rule.details->trees.empty()) return true;
  return !module.handed_over && !module.place.empty() &&
         matches_any(rule.details->trees, module.place);
}

bool is_about(const Rule& rule, const Plan& plan, const PlannedModule& module) {
  return covers_action(rule, plan.action, module) && covers_source(rule, plan, module) &&
         names_module(rule, module) && is_in_place(rule, module);
}

bool meets_pins(const Rule& rule, const PlannedModule& module) {
  const RuleDetails& details = *rule.details;
  if (details.digests.empty() && details.signers.empty()) return true;
  return module.inspected && has_digest(details, module.facts) && has_signer(details, module.facts);
}

std::string pin_trouble(const Rule& rule, const PlannedModule& module) {
  const RuleDetails& details = *rule.details;
  const ModuleFacts& facts = module.facts;
  if (!module.inspected) return {};
  if (!has_digest(details, facts)) {
    return "the bytes of " + module.name + " have none of the digests that the rule names";
  }
  if (has_signer(details, facts)) return {};
  const std::string wanted = "the rule wants a signature by " + listed(details.signers, " or ");
  if (!facts.signers.empty()) {
    return module.name + " is signed by " + listed(facts.signers, " and ") + ", and " + wanted;
  }
  if (!facts.appended_signature) return module.name + " is not signed, and " + wanted;
  return "nobody who is trusted signed " + module.name +
         (facts.signature.empty() ? "" : " (" + facts.signature + ')') + ", and " + wanted;
}

bool meets_imports(const Rule& rule, const PlannedModule& module) {
  if (rule.details->imports.empty()) return true;
  return module.inspected &&
         std::any_of(rule.details->imports.begin(), rule.details->imports.end(),
                     [&](const std::string& symbol) {
                       return std::find(module.facts.imports.begin(), module.facts.imports.end(),
                                        symbol) != module.facts.imports.end();
                     });
}

std::string parameter_trouble(const Rule& rule, const PlannedModule& module) {
  for (std::size_t at = 0; at < module.parameters.size(); ++at) {
    const Parameter& parameter = module.parameters[at];
    const std::string name = canonical_name(parameter.name);
    const ParameterVerdict verdict =
        judge_parameter(rule.details->parameters, module.name, name, parameter.value);
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
