// SPDX-License-Identifier: Apache-2.0
#pragma once

// Policies and plans made by chance with a fixed seed.
#include <algorithm>
#include <random>
#include <string>

#include "unit/policy/sample.h"

namespace modgate {

using Lines = std::vector<std::string>;

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t many) { return below(many) == 0; }
  std::string one_of(const Lines& lines) { return lines[below(lines.size())]; }
  void shuffle(Lines& lines) { std::shuffle(lines.begin(), lines.end(), engine_); }

 private:
  std::mt19937 engine_;
};

inline const std::string kDigest = "sha256 = [\"" + std::string(64, 'a') + "\"]\n";

inline std::string conditions(Chance& chance) {
  std::string keys = chance.one_of({"modules = [\"a\", \"b\"]\n", "modules = [\"*\"]\n",
                                    "modules = [\"c\"]\n", "tree = [\"kernel/**\"]\n",
                                    "modules = [\"a\"]\ntree = [\"kernel/drivers/**\"]\n"});
  if (chance.one_in(3))
    keys += chance.one_of({"actions = [\"load\", \"unload\"]\n", "actions = [\"unload-own\"]\n"});
  if (chance.one_in(5)) keys += chance.one_of({"hosts = [\"lab-*\"]\n", "hosts = [\"x\"]\n"});
  if (chance.one_in(5))
    keys += chance.one_of({"hours = [\"Wed 08:00-18:00\"]\n", "hours = [\"Thu 08:00-18:00\"]\n"});
  if (chance.one_in(5)) keys += chance.one_of({"expires = 2026-12-02\n", "expires = 2026-12-01\n"});
  if (chance.one_in(6)) keys += kDigest;
  if (chance.one_in(6))
    keys += chance.one_of({"signer = [\"lab\"]\n", "signer = [\"lab\", \"kernel\"]\n"});
  return keys;
}

inline std::string some_allow(Chance& chance) {
  std::string rule = "[[role." + chance.one_of({"dev", "net", "ops"}) + ".allow]]\n";
  rule += conditions(chance);
  if (chance.one_in(3)) rule += "params.\"*\".n = { int = [0, 5] }\n";
  if (chance.one_in(4)) rule += "authenticate = false\n";
  if (chance.one_in(4)) rule += "reason = true\n";
  return rule;
}

inline std::string some_deny(Chance& chance) {
  return "[[" + chance.one_of({"deny", "role.dev.deny", "role.ops.deny"}) + "]]\n" +
         conditions(chance) + (chance.one_in(4) ? "imports = [\"kprobe\"]\n" : "");
}

inline Policy merged(const Lines& rules) {
  std::vector<PolicyFile> sources = {
      {"roles.toml",
       "role.dev.members = [\"alice\"]\nrole.net.members = [\"%netdev\"]\n"
       "role.ops.members = [\"bob\"]\n"}};
  for (const std::string& rule : rules) {
    sources.push_back({std::to_string(sources.size()) + ".toml", rule});
  }
  return policy_of(sources);
}

inline PlannedModule some_module(Chance& chance) {
  PlannedModule module =
      fresh(chance.one_of({"a", "b", "c", "d"}), chance.one_in(3) ? Why::dependency : Why::asked);
  if (chance.one_in(4)) module.state = ModuleState::loaded;
  if (module.why == Why::asked && chance.one_in(4)) {
    module.parameters.push_back({"n", chance.one_of({"5", "6"})});
  }
  if (chance.one_in(2)) module = inspected(module, chance.one_in(2) ? 0xaa : 0xab);
  if (chance.one_in(3)) module.facts.imports = {"kprobe"};
  if (chance.one_in(2)) module.facts.signers = {chance.one_of({"lab", "kernel", "other"})};
  module.own = chance.one_in(2);
  return module;
}

inline Plan some_plan(Chance& chance) {
  Plan plan;
  plan.action = chance.one_in(3) ? Action::unload : Action::load;
  for (std::size_t count = chance.below(3) + 1; count > 0; --count) {
    plan.modules.push_back(some_module(chance));
  }
  return plan;
}

}  // namespace modgate
