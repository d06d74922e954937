// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/policy/policy.h"
#include "modgate/caller.h"
#include "modgate/decision.h"
#include "modgate/plan.h"

namespace modgate {

/// The one place where it is decided: load, unload, plan, list and policy test all ask here. Pure.
/// Modules that are not inspected yet count as meeting every pin and every parameter declaration
/// (the pipeline inspects and decides again). A deny needs proof instead: one with `imports`,
/// `signer` or a digest never matches a module that is not inspected.
Decision decide(const Policy& policy, const Caller& caller, const Plan& plan,
                const Circumstances& circumstances);

/// Whether any rule of the caller's roles allows to load modules that a caller hands over.
bool has_file_rules(const Policy& policy, const Caller& caller);

/// The symbols that deny rules name, which inspection has to look for.
std::vector<std::string> symbols_to_look_for(const Policy& policy);

/// One rule of `modgate list`.
struct ListedRule {
  RuleRef rule;
  bool is_allow = true;
  std::vector<std::string> actions;
  std::vector<std::string> modules;
  std::vector<std::string> trees;
  std::vector<std::string> asks;  ///< of "authenticate", "reason", "digest", "signature"
  std::string expires;            ///< as written; empty: never
  std::string hours;              ///< as written, joined with ", "; empty: any
  std::string message;
};

/// The caller's roles, and its rules in merged order (those of its roles, and the global denies):
/// all of them, or those that may concern one of the modules in `about`.
struct Listing {
  std::vector<std::string> roles;
  std::vector<ListedRule> rules;
};
Listing list_rules(const Policy& policy, const Caller& caller,
                   const std::vector<PlannedModule>& about = {});

}  // namespace modgate
