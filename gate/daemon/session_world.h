// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gate/daemon/inspection.h"
#include "gate/daemon/listener_link.h"
#include "gate/daemon/recorder_link.h"
#include "gate/daemon/session.h"
#include "gate/daemon/trust.h"
#include "gate/module/tree.h"
#include "gate/pipeline.h"
#include "gate/wire/reply.h"

namespace modgate {

/// The ends that a session works with.
struct SessionEnds {
  ListenerLink listener;
  RecorderLink recorder;
  Channel front;
  Channel prompts;  ///< the authenticator's end of the way to the front
};

/// The record with CLOCK_REALTIME as its time.
Record stamped_now(const Record& record);

/// The real world of the story: libkmod, compartments, PAM, the recorder, the caller's terminal.
class SessionWorld final : public World {
 public:
  /// `caller`: whose rules count, which is the peer but for a policy test.
  /// `handed_over`: the open file that came with the request, if one did.
  SessionWorld(const SessionSetup& setup, const FilterSet& filters, Caller caller, ModuleTree tree,
               SessionEnds ends, Fd handed_over);

  [[nodiscard]] const Caller& caller() const override { return caller_; }
  Circumstances circumstances() override;
  [[nodiscard]] const Policy* policy() const override { return policy_.policy(); }
  [[nodiscard]] std::string policy_digest() const override { return policy_.digest(); }
  bool policy_changed(Plan& plan) override;
  Result<Plan> plan(const Request& request) override;
  Status inspect(Plan& plan) override;
  std::vector<KernelCheck> kernel_checks(const Plan& plan) override;
  Result<std::string> ask_reason() override;
  Status authenticate(const std::string& service) override;
  Status record(const Record& record) override;
  Result<KernelAnswer> carry_out(const Plan& plan, const Record& intent,
                                 const std::function<void()>& slow) override;
  [[nodiscard]] std::string record_id() const override { return record_id_; }
  void line(const std::string& json) override;
  void end(const Error& error) override;
  void end_done() override;

  /// The modules that the gate loaded in this boot and that are still the same instance.
  Result<std::vector<GateLoad>> live_gate_loads();

  /// Whether a compartment of this session died by a signal that nobody here sent.
  [[nodiscard]] bool child_crashed() const noexcept { return child_crashed_; }
  [[nodiscard]] SessionEnds& ends() noexcept { return ends_; }
  [[nodiscard]] const SessionSetup& setup() const noexcept { return setup_; }
  [[nodiscard]] const FilterSet& filters() const noexcept { return filters_; }

 private:
  struct Try;  ///< what one try at authentication came to
  Result<Try> try_once(const std::string& service);
  Result<Try> follow_try(Compartment& authenticator, const std::string& service);
  Status record_failed_try(const std::string& service, const Try& attempt);
  Result<KernelAnswer> await_loader(Compartment& loader, const Plan& plan,
                                    const std::vector<std::string>& before,
                                    const std::function<void()>& slow);
  Result<Plan> plan_named(const Request& request) const;
  Result<Plan> plan_handed_over(const Request& request);
  Status compare_with_loaded(PlannedModule& module, Verb verb);
  [[nodiscard]] InspectionMeans means();
  [[nodiscard]] SymbolSources symbol_sources() const;
  void look_for_unknown_symbols(const Plan& plan, KernelAnswer& answer) const;
  /// Only a policy test is; nothing may be recorded or done in that person's name.
  [[nodiscard]] bool is_about_another() const noexcept;
  bool forget_lost_signers(Plan& plan);
  const TrustedCertificates& trusted();
  [[nodiscard]] Trust trust_now() const;
  void reply(const Reply& reply);
  [[nodiscard]] Deadline recording_time() const;

  const SessionSetup& setup_;
  const FilterSet& filters_;
  PolicyKeeper policy_;
  bool tickets_hold_;
  Caller caller_;
  ModuleTree tree_;
  SessionEnds ends_;
  Fd handed_over_;        ///< the caller's file; nobody here reads it
  Fd handed_over_image_;  ///< what was in it, sealed and inspected
  std::vector<Fd> images_;
  std::vector<Compartment> retired_;            ///< have answered; ended with this request
  std::optional<TrustedCertificates> trusted_;  ///< whose signatures counted in inspection
  std::string record_id_;                       ///< empty while nothing is recorded
  bool ended_ = false;
  bool child_crashed_ = false;
};

}  // namespace modgate
