// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/decision_diff.h"

#include <algorithm>
#include <map>

#include "gate/policy/decide.h"

namespace modgate {
namespace {

constexpr std::size_t kNamesShown = 12;

/// Somebody who is just what the member says. A group's number plays no part in a decision.
Caller caller_of(const Member& member) {
  Caller caller;
  if (member.kind == Member::Kind::user) caller.user = member.name;
  if (member.kind == Member::Kind::group) caller.groups.push_back({0, member.name});
  if (member.kind == Member::Kind::uid) caller.peer.uid = member.uid;
  return caller;
}

Plan plan_for(const TreeModule& module, Action action, bool own) {
  PlannedModule planned;
  planned.name = module.name;
  planned.place = module.place;
  planned.own = own;
  planned.state = action == Action::load ? ModuleState::fresh : ModuleState::loaded;
  Plan plan;
  plan.action = action;
  plan.asked = module.name;
  plan.modules.push_back(std::move(planned));
  return plan;
}

struct Change {
  std::vector<std::string> gained;
  std::vector<std::string> lost;
};

void compare(const Policy& before, const Policy& after, const Caller& caller, const Plan& plan,
             const Circumstances& now, Change& change) {
  const bool was = is_allowed(decide(before, caller, plan, now).verdict);
  const bool is = is_allowed(decide(after, caller, plan, now).verdict);
  if (is && !was) change.gained.push_back(plan.asked);
  if (was && !is) change.lost.push_back(plan.asked);
}

std::string line_of(const std::string& who, const char* what, const std::string& action,
                    const std::vector<std::string>& names) {
  std::string text = who + ' ' + what + ": " + action + ' ';
  const std::size_t shown = std::min(names.size(), kNamesShown);
  for (std::size_t at = 0; at < shown; ++at) text += (at == 0 ? "" : ", ") + names[at];
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::map<std::string, Caller> everyone(const Policy& before, const Policy& after) {
  std::map<std::string, Caller> people;
  for (const Policy* policy : {&before, &after}) {
    for (const Member& member : policy->members()) people.emplace(member.text(), caller_of(member));
  }
  return people;
}

}  // namespace

std::vector<std::string> decision_diff(const Policy& before, const Policy& after,
                                       const std::vector<TreeModule>& modules,
                                       const Circumstances& now) {
  struct Way {
    Action action;
    bool own;
    const char* word;
  };
  constexpr Way kWays[] = {{Action::load, false, "load"},
                           {Action::unload, false, "unload"},
                           {Action::unload, true, "unload what was its own load:"}};
  std::vector<std::string> lines;
  for (const auto& [who, caller] : everyone(before, after)) {
    Change any;
    for (const Way& way : kWays) {
      Change change;
      for (const TreeModule& module : modules) {
        if (module.place.empty()) continue;
        compare(before, after, caller, plan_for(module, way.action, way.own), now, change);
      }
      // Whoever may unload all may unload its own.
      if (way.own && change.gained == any.gained) change.gained.clear();
      if (way.own && change.lost == any.lost) change.lost.clear();
      if (!change.gained.empty()) lines.push_back(line_of(who, "gains", way.word, change.gained));
      if (!change.lost.empty()) lines.push_back(line_of(who, "loses", way.word, change.lost));
      any = std::move(change);
    }
  }
  return lines;
}

}  // namespace modgate
