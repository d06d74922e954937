// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "gate/pipeline.h"
#include "gate/policy/parse.h"

namespace modgate {

/// A world in which every step can be made to fail, and which notes what was done in which order.
class FakeWorld : public World {
 public:
  explicit FakeWorld(const std::string& policy_text) { set_policy(policy_text); }

  static Peer a_peer() {
    Peer peer;
    peer.uid = 1000;
    peer.gid = 1000;
    return peer;
  }

  void set_policy(const std::string& text) {
    ParsedPolicy parsed = parse_policy({{"policy.toml", text}});
    if (!parsed.policy) throw std::invalid_argument(parsed.problems.front().text());
    policy_ = std::make_unique<Policy>(std::move(*parsed.policy));
  }

  // What a test sets.
  Caller who{.peer = a_peer(), .user = "alice", .groups = {{1000, "alice"}}};
  Plan made;
  Status plan_status = Done{};
  Status inspect_status = Done{};
  Status reason_status = Done{};
  std::string reason_given;
  Status authenticate_status = Done{};
  std::vector<RecordKind> failing_records;
  Status carry_out_status = Done{};
  KernelAnswer kernel_answer;
  std::vector<std::string> tickets;
  std::string policy_on_change;  ///< not empty: the policy's files changed while a prompt waited
  std::string throw_in;
  bool without_policy = false;

  // What a test looks at.
  std::vector<std::string> steps;
  std::vector<Record> records;
  std::vector<std::string> lines;
  std::optional<Error> ended;
  bool ended_done = false;

  [[nodiscard]] bool did(const std::string& step) const {
    for (const std::string& done : steps) {
      if (done == step) return true;
    }
    return false;
  }

  [[nodiscard]] const Caller& caller() const override { return who; }
  Circumstances circumstances() override {
    Circumstances now;
    now.tickets = tickets;
    return now;
  }
  [[nodiscard]] const Policy* policy() const override {
    return without_policy ? nullptr : policy_.get();
  }
  [[nodiscard]] std::string policy_digest() const override { return "00"; }
  bool policy_changed(Plan&) override {
    step("policy_changed");
    if (policy_on_change.empty()) return false;
    set_policy(policy_on_change);
    tickets.clear();
    return true;
  }
  Result<Plan> plan(const Request& /*request*/) override {
    step("plan");
    if (!plan_status) return plan_status.error();
    return made;
  }
  Status inspect(Plan& plan) override {
    step("inspect");
    if (!inspect_status) return inspect_status;
    for (PlannedModule& module : plan.modules) {
      module.inspected = module.state == ModuleState::fresh;
      module.facts.declared.assign(module.parameters.size(), true);
    }
    return Done{};
  }
  std::vector<KernelCheck> kernel_checks(const Plan& /*plan*/) override { return {}; }
  Result<std::string> ask_reason() override {
    step("ask_reason");
    if (!reason_status) return reason_status.error();
    return reason_given;
  }
  Status authenticate(const std::string& service) override {
    step("authenticate:" + service);
    return authenticate_status;
  }
  Status record(const Record& record) override {
    step("record");
    for (const RecordKind kind : failing_records) {
      if (kind == record.kind) return Error{Outcome::unavailable, "the disk is full"};
    }
    records.push_back(record);
    return Done{};
  }
  Result<KernelAnswer> carry_out(const Plan& plan, const Record& intent,
                                 const std::function<void()>& slow) override {
    step("carry_out");
    if (!carry_out_status) return carry_out_status.error();
    records.push_back(intent);
    if (throw_in == "slow") slow();
    if (!kernel_answer.modules.empty() || !kernel_answer.trouble.empty()) return kernel_answer;
    KernelAnswer answer;
    answer.modules.resize(plan.modules.size());
    for (KernelAnswer::Module& module : answer.modules) module.step = Step::done;
    return answer;
  }
  [[nodiscard]] std::string record_id() const override { return "the-id"; }
  void line(const std::string& json) override { lines.push_back(json); }
  void end(const Error& error) override {
    if (!ended && !ended_done) ended = error;
  }
  void end_done() override { ended_done = !ended; }

 private:
  void step(const std::string& name) {
    steps.push_back(name);
    if (throw_in == name) throw std::runtime_error("thrown in " + name);
  }

  std::unique_ptr<Policy> policy_;
};

}  // namespace modgate
