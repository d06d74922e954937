// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <set>
#include <string>
#include <vector>

#include "gate/daemon/load_order.h"
#include "gate/daemon/loader_process.h"
#include "gate/daemon/recorder_rules.h"
#include "tests/unit/daemon/fake_kernel.h"
#include "tests/unit/pipeline/fake_world.h"

namespace modgate {

/// Ends the process, with what does not hold.
void require(bool holds, const char* what);

/// A world in which the fuzzer's bytes choose what every step comes to: the policy, the plan, what
/// inspection claims, PAM's word, the recorder's and the kernel's answers, the clock, exceptions.
/// The recorder's rules and the loader are the product's own. What must hold while the kernel is
/// asked is required right there.
class ChosenWorld final : public FakeWorld {
 public:
  ChosenWorld(FuzzedDataProvider& bytes, const std::string& policy, const Request& request);

  Circumstances circumstances() override;
  bool policy_changed(Plan& plan) override;
  Result<Plan> plan(const Request& request) override;
  Status inspect(Plan& plan) override;
  Result<std::string> ask_reason() override;
  Status authenticate(const std::string& service) override;
  Status record(const Record& record) override;
  Result<KernelAnswer> carry_out(const Plan& plan, const Record& intent,
                                 const std::function<void()>& slow) override;
  void line(const std::string& json) override;
  void end(const Error& error) override;
  void end_done() override;

  // What came of it.
  FakeKernel kernel;
  std::vector<RecordKind> stored;  ///< as what the recorder put each record on disk
  int recorder_failures = 0;
  int out_of_turn = 0;  ///< records that the recorder's rules refused
  int thrown = 0;
  bool was_slow = false;
  bool loader_died = false;

 private:
  bool chance(int in) { return bytes_.ConsumeIntegralInRange(0, in) == in; }
  void may_throw();
  PlannedModule chosen_module(const char* name, Why why);
  std::string recorders_word(const Record& intent);
  void run_chosen_loader(const LoadOrder& order, const std::string& word, FromLoader& first,
                         FromLoader& last);
  void require_allowed(const Plan& plan, const Record& intent);
  [[nodiscard]] bool is_allowed_and_met(const Plan& plan, const Record& intent,
                                        Circumstances now) const;
  void require_as_intended(const Record& intent) const;
  void require_taken_back(const LoadOrder& order) const;

  FuzzedDataProvider& bytes_;
  const std::string policy_text_;
  const Request& request_;
  ConnectionRules rules_;
  std::vector<Circumstances> handed_out_;  ///< since the policy in force took effect
  std::set<std::string> authenticated_;
  bool intent_confirmed_ = false;  ///< on disk, and the loader was told so
  std::vector<int> images_;
};

}  // namespace modgate
