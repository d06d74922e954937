// SPDX-License-Identifier: Apache-2.0
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
    if (!rule.details->sha256.empty()) shown.asks.emplace_back("digest");
  }
  if (rule.details->expires) shown.expires = rule.details->expires->text;
  for (const Hours& hours : rule.details->hours) {
    shown.hours += (shown.hours.empty() ? "" : ", ") + hours.text();
  }
  shown.message = rule.details->message;
  return shown;
}

}  // namespace

Listing list_rules(const Policy& policy, const Caller& caller) {
  Listing listing;
  for (const RoleNumber role : policy.index().roles_of(policy.roles(), caller)) {
    listing.roles.push_back(policy.roles()[role].name);
  }
  for (const Rule* rule : rules_for(policy, caller)) listing.rules.push_back(listed(*rule));
  return listing;
}

}  // namespace modgate
