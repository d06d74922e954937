// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "gate/policy/decide.h"
#include "gate/policy/matching.h"

namespace modgate {
namespace {

std::vector<std::string> actions_of(const Rule& rule) {
  std::vector<std::string> actions;
  if (rule.load) actions.emplace_back("load");
  if (rule.unload) actions.emplace_back("unload");
  if (rule.unload_own) actions.emplace_back("unload-own");
  return actions;
}

ListedRule listed(const Rule& rule) {
  ListedRule shown;
  shown.rule = rule.ref();
  shown.is_allow = rule.is_allow;
  shown.actions = actions_of(rule);
  for (const Glob& module : rule.modules) shown.modules.push_back(module.pattern());
  for (const Glob& tree : rule.details->trees) shown.trees.push_back(tree.pattern());
  if (rule.is_allow) {
    if (rule.terms->authenticate) shown.asks.emplace_back("authenticate");
    if (rule.terms->reason.asked) shown.asks.emplace_back("reason");
    if (rule.terms->anchor) shown.asks.emplace_back("anchor");
    if (!rule.details->digests.empty()) shown.asks.emplace_back("digest");
    if (!rule.details->signers.empty()) shown.asks.emplace_back("signature");
  }
  if (rule.details->expires) shown.expires = rule.details->expires->text;
  for (const Hours& hours : rule.details->hours) {
    shown.hours += (shown.hours.empty() ? "" : ", ") + hours.text();
  }
  shown.message = rule.details->message;
  return shown;
}

bool may_concern(const Rule& rule, const std::vector<PlannedModule>& about) {
  return about.empty() || std::any_of(about.begin(), about.end(), [&](const PlannedModule& module) {
           return names_module(rule, module) && is_in_place(rule, module);
         });
}

}  // namespace

Listing list_rules(const Policy& policy, const Caller& caller,
                   const std::vector<PlannedModule>& about) {
  Listing listing;
  for (const RoleNumber role : policy.index().roles_of(policy.roles(), caller)) {
    listing.roles.push_back(policy.roles()[role].name);
  }
  for (const Rule* rule : rules_for(policy, caller)) {
    if (may_concern(*rule, about)) listing.rules.push_back(listed(*rule));
  }
  return listing;
}

}  // namespace modgate
