// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "modgate/caller.h"
#include "modgate/decision.h"
#include "modgate/plan.h"

namespace modgate {

/// The rules of the caller's roles and the global denies, in merged order.
std::vector<const Rule*> rules_for(const Policy& policy, const Caller& caller);

/// Whether the rule's hosts, hours and dates hold now.
bool holds_now(const Rule& rule, const Circumstances& now);

/// Why it does not, such as "it has expired (2026-12-01)"; empty where it does.
std::string reason_not_now(const Rule& rule, const Circumstances& now);

/// Each of the four things that a rule is about: the action, where the module comes from, its name
/// and its place in the tree. A key that the rule does not have holds.
bool covers_action(const Rule& rule, Action action, const PlannedModule& module);
bool covers_source(const Rule& rule, const Plan& plan, const PlannedModule& module);
bool names_module(const Rule& rule, const PlannedModule& module);
bool is_in_place(const Rule& rule, const PlannedModule& module);

/// All four. The rule's pins, imports and parameters are not looked at.
bool is_about(const Rule& rule, const Plan& plan, const PlannedModule& module);

/// Whether the module has one of the rule's digests, and one of its signers vouches for it; a key
/// that the rule does not have holds. An uninspected module meets neither.
bool meets_pins(const Rule& rule, const PlannedModule& module);

/// Why the module is not what the rule pins; empty where it is, or is not inspected yet.
std::string pin_trouble(const Rule& rule, const PlannedModule& module);

/// Whether the module uses one of the rule's symbols, or the rule names none; false where it is not
/// inspected.
bool meets_imports(const Rule& rule, const PlannedModule& module);

/// Why the rule does not allow the module's parameters; empty where it does.
std::string parameter_trouble(const Rule& rule, const PlannedModule& module);

}  // namespace modgate
