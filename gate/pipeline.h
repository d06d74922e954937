// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gate/module/kernel_view.h"
#include "gate/policy/policy.h"
#include "modgate/caller.h"
#include "modgate/decision.h"
#include "modgate/plan.h"
#include "modgate/record.h"
#include "modgate/request.h"
#include "modgate/result.h"

namespace modgate {

/// What the kernel said to a plan that was carried out.
struct KernelAnswer {
  struct Module {
    Step step = Step::none;
    int code = 0;
    std::uint64_t instance = 0;
    UnknownSymbols lacks = {};  ///< of one that the kernel refused for unknown symbols
  };
  std::vector<Module> modules;        ///< one for each module of the plan, in its order
  std::vector<std::string> appeared;  ///< not planned, and there now
  std::optional<std::uint64_t> taint_before;
  std::optional<std::uint64_t> taint_after;
  std::int64_t duration_us = 0;  ///< from the intent on disk to the kernel's last word
  std::string trouble;           ///< not empty: the loader died, in these words
};

/// What the story reaches of the world. One object serves one request. The daemon has the real one,
/// tests have fakes that record.
class World {
 public:
  virtual ~World() = default;

  [[nodiscard]] virtual const Caller& caller() const = 0;
  /// The clock, the host's name and the valid tickets as of now; `reason` stays empty.
  virtual Circumstances circumstances() = 0;

  /// The policy in force; nullptr where the helper has none that is valid.
  [[nodiscard]] virtual const Policy* policy() const = 0;
  [[nodiscard]] virtual std::string policy_digest() const = 0;
  /// Looks at the policy's files again. True when another policy is in force now: the tickets in
  /// circumstances() are forgotten then. True as well when a signer of a module of the plan counts
  /// no longer: its name is taken off the module's facts.
  virtual bool policy_changed(Plan& plan) = 0;

  virtual Result<Plan> plan(const Request& request) = 0;
  /// Makes an image of every module that would be loaded and fills in what inspection finds.
  virtual Status inspect(Plan& plan) = 0;
  /// What the kernel itself would say, for a plan that is only shown.
  virtual std::vector<KernelCheck> kernel_checks(const Plan& plan) = 0;
  virtual Result<std::string> ask_reason() = 0;
  /// Up to three tries through PAM. Success writes a ticket.
  virtual Status authenticate(const std::string& service) = 0;

  /// Puts a record on disk.
  virtual Status record(const Record& record) = 0;
  /// Hands the intent to the recorder and, once it is on disk, the inspected images to the kernel.
  /// An error means that the kernel was not asked. `slow` is called once if the kernel has not
  /// answered within the request's time; the answer is waited for all the same.
  virtual Result<KernelAnswer> carry_out(const Plan& plan, const Record& intent,
                                         const std::function<void()>& slow) = 0;

  /// The id that the caller is told and that the records of this request bear.
  [[nodiscard]] virtual std::string record_id() const = 0;

  /// One line of output for the caller.
  virtual void line(const std::string& json) = 0;
  /// The end for the caller; only the first one counts. A caller that is gone is no error.
  virtual void end(const Error& error) = 0;
  virtual void end_done() = 0;
};

/// The story of one load, unload, plan, list or policy test, from the request to the reply.
/// Whatever goes wrong in it, exceptions too, ends as: not loaded, recorded, told.
void serve(World& world, const Request& request) noexcept;

}  // namespace modgate
