// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/decide.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "gate/policy/matching.h"
#include "gate/policy/near_miss.h"

namespace modgate {
namespace {

/// What every module of a plan is judged by.
struct Case {
  const Policy& policy;
  std::vector<RoleNumber> roles;
  const Plan& plan;
  const Circumstances& now;
};

/// What became of one module, and on which terms.
struct Finding {
  ModuleDecision decision;
  Outcome refusal = Outcome::denied;
  const Rule* allowed_by = nullptr;
};

std::string what(const Case& judged, const PlannedModule& module) {
  return std::string(word(judged.plan.action)) + ' ' + module.name;
}

/// Whether the kernel would be asked for this module.
bool would_change(const Plan& plan, const PlannedModule& module) {
  return plan.action == Action::unload ||
         (module.state == ModuleState::fresh && plan.changes_anything());
}

bool is_asked_for(const Plan& plan, const PlannedModule& module) {
  return plan.action == Action::unload || module.why == Why::asked;
}

/// Those of the caller's rules that may be about the module, in merged order.
std::vector<const Rule*> rules_about(const Case& judged, const PlannedModule& module) {
  const std::vector<Rule>& all = judged.policy.rules();
  std::vector<const Rule*> rules;
  for (const RuleNumber rule : judged.policy.index().rules_about(all, judged.roles, module.name)) {
    rules.push_back(&all[rule]);
  }
  return rules;
}

Finding denied(const Rule* rule, std::string explanation) {
  Finding finding;
  if (rule != nullptr) finding.decision.rule = rule->ref();
  finding.decision.explanation = std::move(explanation);
  return finding;
}

bool is_denied_by(const Case& judged, const Rule& rule, const PlannedModule& module) {
  return !rule.is_allow && is_about(rule, judged.plan, module) && meets_imports(rule, module) &&
         meets_pins(rule, module) && holds_now(rule, judged.now);
}

/// What an allow asks of the caller, the least first.
std::tuple<bool, int> price(const Case& judged, const Rule& rule) {
  const std::vector<std::string>& tickets = judged.now.tickets;
  const bool has_ticket =
      judged.policy.ticket().count() > 0 &&
      std::find(tickets.begin(), tickets.end(), rule.terms->pam_service) != tickets.end();
  const int authentication = !rule.terms->authenticate ? 0 : has_ticket ? 1 : 2;
  return {!rule.terms->reason.is_met(judged.now.reason), authentication};
}

Finding allowed_by(const Case& judged, const Rule& rule, const PlannedModule& module) {
  Finding finding;
  finding.allowed_by = &rule;
  finding.decision.verdict = Verdict::allow;
  finding.decision.rule = rule.ref();
  finding.decision.explanation = "role " + *rule.role_name + " may " + what(judged, module);
  return finding;
}

/// The allow that asks least, or why there is none.
Finding find_allow(const Case& judged, const std::vector<const Rule*>& rules,
                   const PlannedModule& module) {
  const Rule* best = nullptr;
  Finding rejected;
  Finding closest = denied(nullptr, "no rule allows you to " + what(judged, module));
  for (const Rule* rule : rules) {
    if (!rule->is_allow || !is_about(*rule, judged.plan, module)) continue;
    if (!holds_now(*rule, judged.now)) {
      if (closest.decision.rule.file.empty()) {
        closest =
            denied(rule, "the rule that allows you to " + what(judged, module) +
                             " does not hold here and now: " + reason_not_now(*rule, judged.now));
      }
      continue;
    }
    if (std::string trouble = parameter_trouble(*rule, module); !trouble.empty()) {
      closest = denied(rule, "not allowed to " + what(judged, module) + ": " + trouble);
      continue;
    }
    if (std::string trouble = pin_trouble(*rule, module); !trouble.empty()) {
      rejected = denied(rule, std::move(trouble));
      rejected.refusal = Outcome::rejected;
      continue;
    }
    if (best == nullptr || price(judged, *rule) < price(judged, *best)) best = rule;
  }
  if (best != nullptr) return allowed_by(judged, *best, module);
  if (rejected.refusal == Outcome::rejected) return rejected;
  if (!closest.decision.rule.file.empty()) return closest;
  const std::string near = near_miss(rules, judged.plan, module);
  if (!near.empty()) closest.decision.explanation += "; nearest: " + near;
  return closest;
}

Finding judge(const Case& judged, const PlannedModule& module) {
  const bool asked_for = is_asked_for(judged.plan, module);
  if (!asked_for && !would_change(judged.plan, module)) {
    Finding untouched;
    untouched.decision.verdict = Verdict::allow;
    untouched.decision.explanation = std::string("is there already: ") + word(module.state);
    return untouched;
  }
  const std::vector<const Rule*> rules = rules_about(judged, module);
  for (const Rule* rule : rules) {
    if (!is_denied_by(judged, *rule, module)) continue;
    return denied(rule, std::string(word(judged.plan.action)) + "ing " + module.name +
                            " is denied" +
                            (rule->details->message.empty() ? "" : ": " + rule->details->message));
  }
  if (!module.command.empty() && would_change(judged.plan, module)) {
    return denied(nullptr, "modprobe.d has a command in place of " + module.name + " at " +
                               module.command + ", and commands are never run");
  }
  if (!asked_for && (module.handed_over || module.place.empty())) {
    return denied(nullptr, module.name + " comes along, and does not lie in the kernel's tree");
  }
  if (asked_for || judged.policy.lists_dependencies()) return find_allow(judged, rules, module);
  Finding follows;
  follows.decision.verdict = Verdict::allow;
  follows.decision.explanation = std::string("comes along: ") + word(module.why);
  return follows;
}

void add_terms(Asks& asks, const Terms& terms, const Circumstances& now) {
  if (terms.authenticate && std::find(asks.pam_services.begin(), asks.pam_services.end(),
                                      terms.pam_service) == asks.pam_services.end()) {
    asks.pam_services.push_back(terms.pam_service);
  }
  asks.reason = asks.reason || terms.reason.asked;
  asks.anchor = asks.anchor || terms.anchor;
  asks.reason_met = asks.reason_met && terms.reason.is_met(now.reason);
}

/// The finding that refuses the plan: a denial comes before a rejection.
const Finding* find_refusal(const std::vector<Finding>& findings) {
  const Finding* refusal = nullptr;
  for (const Finding& finding : findings) {
    if (is_allowed(finding.decision.verdict)) continue;
    if (refusal == nullptr ||
        (refusal->refusal == Outcome::rejected && finding.refusal == Outcome::denied)) {
      refusal = &finding;
    }
  }
  return refusal;
}

const Finding* find_drivers(const Plan& plan, const std::vector<Finding>& findings) {
  for (std::size_t at = plan.modules.size(); at > 0; --at) {
    if (&plan.modules[at - 1] == plan.driver()) return &findings[at - 1];
  }
  return nullptr;
}

}  // namespace

Decision decide(const Policy& policy, const Caller& caller, const Plan& plan,
                const Circumstances& circumstances) {
  const Case judged{policy, policy.index().roles_of(policy.roles(), caller), plan, circumstances};
  std::vector<Finding> findings;
  for (const PlannedModule& module : plan.modules) findings.push_back(judge(judged, module));

  Decision decision;
  decision.load_from_file = policy.loads_from_file();
  for (const Finding& finding : findings) decision.modules.push_back(finding.decision);
  if (const Finding* refusal = find_refusal(findings); refusal != nullptr) {
    decision.refusal = refusal->refusal;
    decision.rule = refusal->decision.rule;
    decision.explanation = refusal->decision.explanation;
    return decision;
  }
  const Finding* driver = find_drivers(plan, findings);
  if (driver == nullptr || driver->allowed_by == nullptr) {
    decision.explanation = "the plan asks for no module";
    return decision;
  }
  if (plan.changes_anything()) {
    for (const Finding& finding : findings) {
      if (finding.allowed_by != nullptr) {
        add_terms(decision.asks, *finding.allowed_by->terms, circumstances);
      }
    }
  }
  decision.rule = driver->decision.rule;
  decision.explanation = driver->decision.explanation;
  decision.verdict = Verdict::allow;
  return decision;
}

bool has_file_rules(const Policy& policy, const Caller& caller) {
  const std::vector<const Rule*> rules = rules_for(policy, caller);
  return std::any_of(rules.begin(), rules.end(), [](const Rule* rule) {
    return rule->is_allow && rule->load && rule->source == ModuleSource::file;
  });
}

std::vector<std::string> symbols_to_look_for(const Policy& policy) { return policy.symbols(); }

}  // namespace modgate
