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
  shown.rule = rule.ref;
  shown.is_allow = rule.is_allow;
  shown.actions = actions_of(rule);
  shown.modules = rule.shown_modules;
  for (const Glob& tree : rule.trees) shown.trees.push_back(tree.pattern());
  if (rule.is_allow) {
    if (rule.terms.authenticate) shown.asks.emplace_back("authenticate");
    if (rule.terms.reason.asked) shown.asks.emplace_back("reason");
    if (!rule.sha256.empty()) shown.asks.emplace_back("digest");
  }
  if (rule.expires) shown.expires = rule.expires->text;
  for (const Hours& hours : rule.hours) {
    shown.hours += (shown.hours.empty() ? "" : ", ") + hours.text();
  }
  shown.message = rule.message;
  return shown;
}

}  // namespace

Listing list_rules(const Policy& policy, const Caller& caller) {
  Listing listing;
  for (const Role* role : roles_of(policy, caller)) listing.roles.push_back(role->name);
  for (const Rule* rule : rules_for(policy, caller)) listing.rules.push_back(listed(*rule));
  return listing;
}

}  // namespace modgate
