// SPDX-License-Identifier: Apache-2.0
#include "gate/wording.h"

#include "gate/module/kernel_view.h"

namespace modgate {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

bool replaces_something(const Plan& plan) {
  const PlannedModule* driver = plan.driver();
  return driver != nullptr && driver->replaces;
}

/// A failed soft dependency does not fail the request; of an unload every module was asked for.
bool fails_request(const PlannedModule& module, const KernelAnswer::Module& answer) {
  return answer.step == Step::failed && module.why != Why::soft;
}

std::string failure_message(const Plan& plan, std::size_t at, const KernelAnswer::Module& answer) {
  const PlannedModule& module = plan.modules[at];
  const int code = answer.code;
  if (plan.action == Action::load) return explain_load_error(code, module, answer.lacks);
  std::vector<std::string> holders;
  if (auto loaded = loaded_modules()) {
    for (const LoadedModule& other : *loaded) {
      if (other.name == module.name) holders = other.holders;
    }
  }
  return explain_unload_error(code, module.name, holders);
}

}  // namespace

void describe_plan(Record& record, const Plan& plan) {
  record.action = plan.action;
  record.asked = plan.asked;
  if (const PlannedModule* driver = plan.driver(); driver != nullptr) record.driver = driver->name;
  record.modules.clear();
  for (const PlannedModule& module : plan.modules) {
    RecordedModule recorded;
    recorded.name = module.name;
    recorded.file = module.path;
    if (module.inspected) recorded.sha256 = module.facts.sha256;
    recorded.size = module.facts.size;
    if (!module.facts.signers.empty()) recorded.signer = module.facts.signers.front();
    recorded.parameters = module.kernel_parameters();
    recorded.state = module.state;
    recorded.why = module.why;
    record.modules.push_back(std::move(recorded));
  }
}

void describe_request(Record& record, const Request& request) {
  record.action = action_of(request.verb);
  record.asked = request.handed_over ? request.file_label : joined(request.modules);
}

void describe_answer(Record& record, const Plan& plan, const KernelAnswer& answer) {
  record.outcome = answer.trouble.empty() ? Outcome::done : Outcome::failed;
  record.message = answer.trouble;
  record.appeared = answer.appeared;
  record.taint_before = answer.taint_before;
  record.taint_after = answer.taint_after;
  record.duration_us = answer.duration_us;
  std::vector<std::string> done;
  for (std::size_t at = 0; at < plan.modules.size() && at < answer.modules.size(); ++at) {
    const KernelAnswer::Module& module = answer.modules[at];
    record.modules[at].step = module.step;
    record.modules[at].code = module.code;
    record.modules[at].instance = module.instance;
    if (module.step == Step::done) done.push_back(plan.modules[at].name);
    if (fails_request(plan.modules[at], module) && record.outcome == Outcome::done) {
      record.outcome = Outcome::failed;
      record.message = failure_message(plan, at, module);
      record.code = errno_name(module.code);
    }
  }
  if (record.outcome == Outcome::done) {
    record.message = std::string(replaces_something(plan)      ? "unloaded and loaded anew "
                                 : plan.action == Action::load ? "loaded "
                                                               : "unloaded ") +
                     (done.empty() ? "nothing: it was done meanwhile" : joined(done));
  } else if (plan.action == Action::unload && !done.empty()) {
    record.message += "; unloaded before that: " + joined(done);
  }
}

Error no_valid_policy() {
  return {Outcome::unavailable,
          "there is no valid policy; an administrator finds out why with: modgate policy check"};
}

std::string intent_message(const Plan& plan, const std::string& user) {
  return user + " is allowed to " + (replaces_something(plan) ? "reload" : word(plan.action)) +
         ' ' + plan.asked;
}

std::string nothing_to_do_message(const Plan& plan) {
  const PlannedModule* driver = plan.driver();
  if (driver == nullptr) return "nothing to do";
  return driver->name + (driver->state == ModuleState::builtin
                             ? " is built into the kernel: nothing to do"
                             : " is already loaded: nothing to do");
}

Status is_what_is_loaded(const Plan& plan) {
  for (const PlannedModule& module : plan.modules) {
    if (!module.other_bytes) continue;
    return Error{Outcome::failed, "other bytes are loaded under the name " + module.name +
                                      ": unload it first, or do both in one with: modgate reload " +
                                      module.path};
  }
  return Done{};
}

Status can_be_unloaded(const Plan& plan) {
  if (plan.action == Action::load) return Done{};
  for (const PlannedModule& module : plan.modules) {
    if (module.state == ModuleState::builtin) {
      return Error{Outcome::failed,
                   module.name + " is built into the kernel and cannot be unloaded"};
    }
    if (module.state == ModuleState::fresh) {
      return Error{Outcome::failed, module.name + " is not loaded"};
    }
  }
  return Done{};
}

}  // namespace modgate
