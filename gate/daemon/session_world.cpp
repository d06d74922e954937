// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/session_world.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "gate/daemon/time_limit.h"
#include "gate/daemon/waiting.h"
#include "gate/module/module_name.h"
#include "gate/module/planner.h"
#include "gate/policy/decide.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kReplyTime{30};
constexpr std::chrono::seconds kRecordTime{30};
/// libkmod goes round in circles on some damaged indexes of the tree.
constexpr std::chrono::seconds kPlanningTime{20};

}  // namespace

Record stamped_now(const Record& record) {
  Record stamped = record;
  timespec now = {};
  // CLOCK_REALTIME always exists (clock_gettime(2)); a zero would show in the record.
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0) now = {};
  stamped.time_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  return stamped;
}

SessionWorld::SessionWorld(const SessionSetup& setup, const FilterSet& filters, Caller caller,
                           ModuleTree tree, SessionEnds ends, Fd handed_over)
    : setup_(setup),
      filters_(filters),
      policy_(setup.policy),
      // A policy test may be about somebody else, whom no ticket serves.
      tickets_hold_(caller.peer.uid == setup.peer.uid && caller.peer.session == setup.peer.session),
      caller_(std::move(caller)),
      tree_(std::move(tree)),
      ends_(std::move(ends)),
      handed_over_(std::move(handed_over)) {}

bool SessionWorld::is_about_another() const noexcept { return caller_.peer.uid != setup_.peer.uid; }

Deadline SessionWorld::recording_time() const { return BootClock::now() + kRecordTime; }

Circumstances SessionWorld::circumstances() {
  Circumstances now;
  utsname names = {};
  if (::uname(&names) == 0) now.host = names.nodename;
  const std::time_t seconds = std::time(nullptr);
  now.now = seconds;
  std::tm local = {};
  if (::localtime_r(&seconds, &local) != nullptr) {
    now.weekday = local.tm_wday;
    now.minute_of_day = local.tm_hour * 60 + local.tm_min;
    now.local_seconds = seconds + local.tm_gmtoff;
  }
  if (tickets_hold_) {
    for (const ValidTicket& ticket : setup_.tickets) {
      if (ticket.until > BootClock::now()) now.tickets.push_back(ticket.service);
    }
  }
  return now;
}

/// Read anew each time: a certificate that was removed or has expired counts no longer.
Trust SessionWorld::trust_now() const {
  return read_trust(setup_.signers_dir, setup_.kernel->keys, std::time(nullptr));
}

bool SessionWorld::forget_lost_signers(Plan& plan) {
  if (!trusted_) return false;  // nothing was inspected
  const std::vector<std::string> lost = lost_signers(*trusted_, trust_now().certificates);
  std::size_t forgotten = 0;
  for (PlannedModule& module : plan.modules) {
    for (const std::string& name : lost) forgotten += std::erase(module.facts.signers, name);
  }
  return forgotten > 0;
}

bool SessionWorld::policy_changed(Plan& plan) {
  const bool signers_changed = forget_lost_signers(plan);
  if (policy_.refresh() != PolicyKeeper::Change::taken) return signers_changed;
  tickets_hold_ = false;
  return true;
}

Result<std::vector<GateLoad>> SessionWorld::live_gate_loads() {
  auto loads = ends_.recorder.gate_loads(recording_time());
  if (!loads) return loads.error();
  std::erase_if(*loads, [](const GateLoad& load) {
    const auto instance = module_instance(load.name);
    return !instance || *instance != load.instance;
  });
  return loads;
}

Result<Plan> SessionWorld::plan_named(const Request& request) const {
  const TimeLimit limit(kPlanningTime);
  const Planner planner(tree_.directory());
  if (action_of(request.verb) == Action::unload) return planner.plan_unload(request.modules);
  return planner.plan_load(request.modules.front(), request.parameters);
}

Result<Plan> SessionWorld::plan(const Request& request) {
  if (request.handed_over) return plan_handed_over(request);
  if (request.modules.empty()) return Error{Outcome::usage, "no module is named"};
  auto plan = plan_named(request);
  if (!plan || action_of(request.verb) == Action::load) return plan;
  auto loads = live_gate_loads();
  if (!loads) return loads.error();
  for (PlannedModule& module : plan->modules) {
    for (const GateLoad& load : *loads) {
      if (load.name == module.name && load.uid == caller_.peer.uid) module.own = true;
    }
  }
  return plan;
}

/// Of a handed-over file and of what comes along with it the same: what is gone later shows.
const TrustedCertificates& SessionWorld::trusted() {
  if (!trusted_) trusted_ = trust_now().certificates;
  return *trusted_;
}

InspectionMeans SessionWorld::means() {
  return {tree_,
          filters_,
          setup_.accounts,
          policy()->max_module_bytes(),
          policy()->loads_from_file(),
          symbols_to_look_for(*policy()),
          trusted(),
          [this](std::uint64_t bytes) { return ends_.listener.reserve(bytes, recording_time()); },
          [this](Compartment done) { retired_.push_back(std::move(done)); },
          [this] { child_crashed_ = true; },
          setup_.deadline};
}

/// What a module that was handed over means to a kernel in which one of its name is loaded.
Status SessionWorld::compare_with_loaded(PlannedModule& module, Verb verb) {
  if (!module_instance(module.name)) return Done{};
  auto loads = live_gate_loads();
  if (!loads) return loads.error();
  const auto load = std::find_if(loads->begin(), loads->end(),
                                 [&](const GateLoad& one) { return one.name == module.name; });
  const bool through_gate = load != loads->end();
  module.own = through_gate && load->uid == caller_.peer.uid;
  module.replaces = verb == Verb::reload;
  if (module.replaces) return Done{};
  module.state = ModuleState::loaded;
  module.other_bytes = !through_gate || load->sha256 != module.facts.sha256;
  return Done{};
}

Result<Plan> SessionWorld::plan_handed_over(const Request& request) {
  PlannedModule module;
  module.name = name_of_file(request.file_label);
  if (module.name.empty()) {
    return Error{Outcome::rejected,
                 "the file of a module is called NAME.ko, NAME.ko.xz, NAME.ko.zst or NAME.ko.gz"};
  }
  module.path = request.file_label;
  module.handed_over = true;
  module.parameters = request.parameters;
  auto image = inspect_handed_over(handed_over_, module, means());
  // Only the image counts from here on, and what it was made of can still change.
  handed_over_.reset();
  if (!image) return image.error();
  handed_over_image_ = std::move(*image);
  if (auto known = compare_with_loaded(module, request.verb); !known) return known.error();
  const TimeLimit limit(kPlanningTime);
  return Planner(tree_.directory()).plan_with(std::move(module));
}

Status SessionWorld::inspect(Plan& plan) {
  auto images = inspect_plan(plan, means(), std::move(handed_over_image_));
  if (!images) return images.error();
  images_ = std::move(*images);
  return Done{};
}

SymbolSources SessionWorld::symbol_sources() const {
  return {tree_.directory(), setup_.kernel->exports, {}};
}

std::vector<KernelCheck> SessionWorld::kernel_checks(const Plan& plan) {
  return modgate::kernel_checks(plan, symbol_sources());
}

Result<std::string> SessionWorld::ask_reason() {
  reply(ReplyPrompt{ReplyPrompt::Style::text, "Reason: "});
  auto message = ends_.front.receive(Limits::message_bytes, 0, setup_.deadline);
  if (!message || !*message) {
    return Error{Outcome::denied, "the rule asks for a reason and none was given"};
  }
  return decode_answer((*message)->bytes);
}

Status SessionWorld::record(const Record& record) {
  if (is_about_another()) {
    return Error{Outcome::unavailable, "a test of the policy leaves no record"};
  }
  auto receipt = ends_.recorder.record(stamped_now(record), recording_time());
  if (!receipt) return receipt.error();
  record_id_ = receipt->record;
  return Done{};
}

void SessionWorld::reply(const Reply& reply) {
  // A caller that has hung up is no reason to stop: what is under way goes on and is recorded.
  static_cast<void>(ends_.front.send(encode_reply(reply), BootClock::now() + kReplyTime));
}

void SessionWorld::line(const std::string& json) {
  if (ended_) return;
  for (std::size_t at = 0;;) {
    const std::string part = json.substr(at, kReplyPartBytes);
    at += part.size();
    const bool last = at >= json.size();
    reply(ReplyPart{part, last});
    if (last) return;
  }
}

void SessionWorld::end(const Error& error) {
  if (std::exchange(ended_, true)) return;
  reply(ReplyEnd{error.outcome, error.message, error.rule, record_id_});
}

void SessionWorld::end_done() {
  if (std::exchange(ended_, true)) return;
  reply(ReplyEnd{Outcome::done, {}, {}, {}});
}

}  // namespace modgate
