// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "catch.h"
#include "gate/cli/admin/sudoers_translation.h"
#include "unit/policy/sample.h"

namespace modgate::sample {

/// One line of sudoers, as the parts of cvtsudoers' JSON between the brackets.
struct SudoersSpec {
  std::string users = R"({"username": "alice"})";
  std::string commands = R"({"command": "/sbin/modprobe dummy"})";
  std::string hosts = R"({"hostname": "ALL"})";
  std::string options = {};
  std::string runas = R"("runasusers": [{"username": "root"}],)";
};

inline std::string user(const std::string& name) { return R"({"username": ")" + name + "\"}"; }
inline std::string command(const std::string& text) { return R"({"command": ")" + text + "\"}"; }
inline std::string negated(const std::string& text) {
  return R"({"negated": true, "command": ")" + text + "\"}";
}

inline std::string json_of(const std::vector<SudoersSpec>& specs,
                           const std::string& defaults = {}) {
  std::string list;
  for (const SudoersSpec& spec : specs) {
    list += (list.empty() ? "" : ",") + std::string(R"({"User_List": [)") + spec.users +
            R"(], "Host_List": [)" + spec.hosts + R"(], "Cmnd_Specs": [{)" + spec.runas +
            R"("Options": [)" + spec.options + R"(], "Commands": [)" + spec.commands + "]}]}";
  }
  return R"({"Defaults": [)" + (defaults.empty() ? "" : R"({"Options": [)" + defaults + "]}") +
         R"(], "User_Specs": [)" + list + "]}";
}

/// The translation, which parses whatever it is of.
inline std::string translated(const std::string& json) {
  const auto text = policy_from_sudoers(json, "/etc/sudoers");
  if (!text) return "refused: " + text.error().message;
  REQUIRE(problems_of(*text).empty());
  return *text;
}

/// What a user, with the groups of a name each, may do.
inline Decision decision(const std::string& policy, const std::string& who,
                         const std::vector<std::string>& groups, const Plan& plan,
                         const std::string& host = "lab-1") {
  Caller caller;
  caller.peer.uid = 4000;
  caller.user = who;
  for (const std::string& group : groups) caller.groups.push_back({4000, group});
  Circumstances now = some_noon();
  now.host = host;
  return decide(policy_of(policy), caller, plan, now);
}

inline bool may(const std::string& policy, const std::string& who, const Plan& plan,
                const std::string& host = "lab-1") {
  return is_allowed(decision(policy, who, {}, plan, host).verdict);
}

inline bool asks_password(const std::string& policy, const std::string& who, const Plan& plan) {
  return !decision(policy, who, {}, plan).asks.pam_services.empty();
}

}  // namespace modgate::sample
