// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/daemon_session/chosen_world.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/policy/decide.h"
#include "tests/fuzz/daemon_session/chosen_policy.h"

namespace modgate {
namespace {

constexpr std::array<const char*, 2> kServices = {"modgate", "strict"};
constexpr int kFirstImage = 100;

struct LoaderDied {};

Deadline soon() { return BootClock::now() + std::chrono::seconds(5); }

/// What a plan to take the place of loaded modules removes; worked out apart from the pipeline.
Plan replaced_by(const Plan& plan) {
  Plan removal;
  removal.action = Action::unload;
  removal.asked = plan.asked;
  for (const PlannedModule& module : plan.modules) {
    if (!module.replaces) continue;
    removal.modules.emplace_back();
    removal.modules.back().name = module.name;
    removal.modules.back().state = ModuleState::loaded;
    removal.modules.back().own = module.own;
  }
  return removal;
}

FromLoader heard_from(Channel& loader) {
  FromLoader word;
  auto message = loader.receive(sizeof word, 0, soon());
  if (!message || !*message || (*message)->bytes.size() != sizeof word) return FromLoader{};
  std::memcpy(&word, (*message)->bytes.data(), sizeof word);
  return word;
}

}  // namespace

void require(bool holds, const char* what) {
  if (holds) return;
  static_cast<void>(std::fprintf(stderr, "does not hold: %s\n", what));
  std::abort();
}

ChosenWorld::ChosenWorld(FuzzedDataProvider& bytes, const std::string& policy,
                         const Request& request)
    : FakeWorld(policy), bytes_(bytes), policy_text_(policy), request_(request) {
  if (chance(7)) who.user = "bob";
  if (chance(7)) who.peer.uid = 0;
  if (bytes.ConsumeBool()) who.groups.push_back({1007, "netdev"});
  without_policy = chance(31);
  if (this->policy() == nullptr || this->policy()->ticket().count() == 0) return;
  for (const char* service : kServices) {
    if (bytes.ConsumeBool()) tickets.emplace_back(service);
  }
}

void ChosenWorld::may_throw() {
  if (!chance(99)) return;
  ++thrown;
  throw std::runtime_error("out of something");
}

Circumstances ChosenWorld::circumstances() {
  may_throw();
  if (chance(7)) tickets.clear();
  Circumstances now = FakeWorld::circumstances();
  now.host = chosen_of<2>(bytes_, {"lab-1", "desk"});
  now.weekday = bytes_.ConsumeIntegralInRange(1, 7) % 7;
  now.minute_of_day = 60 * ((bytes_.ConsumeIntegralInRange(0, 23) + 12) % 24);
  // From November 2026, over the end of the rules that expire.
  now.now = 1793500000 + 86'400 * bytes_.ConsumeIntegralInRange<std::int64_t>(0, 120);
  now.local_seconds = now.now + 3600;
  handed_out_.push_back(now);
  return now;
}

bool ChosenWorld::policy_changed(Plan& plan) {
  may_throw();
  policy_on_change.clear();
  if (chance(3)) {
    // Often the same rules again: what was asked under the old policy counts anew all the same.
    policy_on_change = bytes_.ConsumeBool() ? policy_text_ : chosen_policy(bytes_);
    try {
      if (!FakeWorld::policy_changed(plan)) return false;
      handed_out_.clear();
      return true;
    } catch (const std::invalid_argument&) {
      return false;  // one with an error never takes effect
    }
  }
  std::size_t lost = 0;
  for (PlannedModule& module : plan.modules) {
    if (chance(7)) lost += std::erase(module.facts.signers, "lab");
  }
  return lost > 0;
}

PlannedModule ChosenWorld::chosen_module(const char* name, Why why) {
  PlannedModule module;
  module.name = name;
  module.path = std::string("/lib/modules/x/kernel/") + name + ".ko";
  if (!chance(15)) module.place = std::string("kernel/") + name;
  module.why = why;
  const bool unloads = action_of(request_.verb) == Action::unload;
  if (unloads ? !chance(15) : chance(15)) module.state = ModuleState::loaded;
  if (chance(31)) module.state = ModuleState::builtin;
  if (chance(31)) module.command = "/etc/modprobe.d/x.conf:1";
  if (chance(7)) module.options = "debug=1";
  module.own = bytes_.ConsumeBool();
  return module;
}

Result<Plan> ChosenWorld::plan(const Request& request) {
  may_throw();
  if (chance(31)) return Error{Outcome::failed, "no such module"};
  Plan plan;
  plan.action = action_of(request.verb);
  plan.asked = request.modules.empty() ? request.file_label : request.modules.front();
  const std::size_t driver = bytes_.ConsumeIntegralInRange<std::size_t>(0, 4);
  for (std::size_t at = 0; at < driver; ++at) {
    if (chance(1)) continue;
    const Why why = plan.action == Action::unload ? Why::asked
                    : bytes_.ConsumeBool()        ? Why::dependency
                                                  : Why::soft;
    plan.modules.push_back(chosen_module(kChosenModules.at(at), why));
  }
  PlannedModule module = chosen_module(kChosenModules.at(driver), Why::asked);
  module.parameters = request.parameters;
  module.handed_over = request.handed_over;
  if (module.handed_over) {
    module.place.clear();
    module.replaces = request.verb == Verb::reload && module.state == ModuleState::fresh;
    module.other_bytes = module.state == ModuleState::loaded && bytes_.ConsumeBool();
  }
  plan.modules.push_back(std::move(module));
  if (chance(63)) plan.modules.clear();
  for (const PlannedModule& one : plan.modules) {
    if (plan.action == Action::unload || one.state == ModuleState::loaded || one.replaces) {
      kernel.loaded.push_back(one.name);
    }
  }
  made = plan;
  return FakeWorld::plan(request);
}

/// What inspection claims may be untrue: `kernel.images` has what is really in them.
Status ChosenWorld::inspect(Plan& plan) {
  may_throw();
  if (chance(31)) inspect_status = Error{Outcome::rejected, "not an ELF module"};
  if (auto done = FakeWorld::inspect(plan); !done) return done;
  for (PlannedModule& module : plan.modules) {
    if (module.state != ModuleState::fresh) continue;
    FakeKernel::Image image{module.name, {}};
    image.sha256.fill(bytes_.ConsumeBool() ? 0xab : 0xcd);
    module.facts.sha256 = image.sha256;
    if (chance(31)) module.facts.sha256.fill(0xab);
    if (chance(63)) module.inspected = false;
    if (bytes_.ConsumeBool()) module.facts.signers = {"lab"};
    if (bytes_.ConsumeBool()) module.facts.imports = {"register_kprobe"};
    if (chance(31)) module.facts.declared.clear();
    const int descriptor = kFirstImage + static_cast<int>(images_.size());
    kernel.images[descriptor] = std::move(image);
    images_.push_back(descriptor);
  }
  if (chance(63)) images_.clear();
  return Done{};
}

Result<std::string> ChosenWorld::ask_reason() {
  may_throw();
  if (chance(7)) reason_status = Error{Outcome::denied, "the caller hung up"};
  reason_given = chosen_of<3>(bytes_, {"ABC-12", "because", ""});
  return FakeWorld::ask_reason();
}

Status ChosenWorld::authenticate(const std::string& service) {
  may_throw();
  authenticate_status = Done{};
  if (chance(3)) authenticate_status = Error{Outcome::unauthenticated, "the caller hung up"};
  Status done = FakeWorld::authenticate(service);
  if (done) authenticated_.insert(service);
  return done;
}

Status ChosenWorld::record(const Record& record) {
  may_throw();
  failing_records.clear();
  if (chance(31)) {
    ++recorder_failures;
    failing_records = {record.kind};
    return FakeWorld::record(record);
  }
  const auto as = rules_.admit(record);
  if (!as) {
    ++out_of_turn;
    return as.error();
  }
  if (auto done = FakeWorld::record(record); !done) return done;
  rules_.stored(*as);
  stored.push_back(*as);
  return Done{};
}

/// What the loader hears of the recorder; empty where that hangs up.
std::string ChosenWorld::recorders_word(const Record& intent) {
  const auto message = encode_record(intent);
  const auto posted = message ? decode_record(*message) : Result<PostedRecord>(message.error());
  if (!posted) return encode_refusal(posted.error());
  const auto as = rules_.admit(posted->record);
  if (!as) return encode_refusal(as.error());
  if (chance(31)) {
    ++recorder_failures;
    return chance(1) ? std::string() : encode_refusal({Outcome::unavailable, "the disk is full"});
  }
  rules_.stored(*as);
  stored.push_back(*as);
  records.push_back(posted->record);
  Receipt receipt{1, "the-id", new_digests(posted->record)};
  if (chance(31)) {
    // On disk, and the word of it is lost or spoilt on its way.
    ++recorder_failures;
    if (chance(1)) return {};
    receipt.digests.emplace_back();
    return chance(1) ? encode_receipt(receipt).substr(0, 9) : encode_receipt(receipt);
  }
  intent_confirmed_ = true;
  return encode_receipt(receipt);
}

void ChosenWorld::run_chosen_loader(const LoadOrder& order, const std::string& word,
                                    FromLoader& first, FromLoader& last) {
  auto session = Channel::pair();
  auto recorder = Channel::pair();
  require(session && recorder, "there are sockets");
  if (!word.empty()) require(static_cast<bool>(recorder->first.send(word, soon())), "sent");
  recorder->first.close();
  kernel.verdict = [&](bool inserts, const std::string&) {
    require(intent_confirmed_, "the recorder confirmed the intent before the kernel is asked");
    if (chance(63)) throw LoaderDied{};
    constexpr std::array<int, 4> kInsertErrors = {ENOEXEC, EEXIST, EIO, ENOENT};
    if (!chance(3)) return 0;
    return inserts ? kInsertErrors.at(bytes_.ConsumeIntegralInRange<std::size_t>(0, 3)) : EAGAIN;
  };
  try {
    static_cast<void>(run_loader(kernel, order, images_, std::move(session->second),
                                 std::move(recorder->second)));
  } catch (const LoaderDied&) {
    loader_died = true;
  }
  first = heard_from(session->first);
  if (!loader_died && first.kind == FromLoader::Kind::begun) last = heard_from(session->first);
}

Result<KernelAnswer> ChosenWorld::carry_out(const Plan& plan, const Record& intent,
                                            const std::function<void()>& slow) {
  may_throw();
  require_allowed(plan, intent);
  if (chance(31)) return Error{Outcome::unavailable, "no loader can be started"};
  const LoadOrder order = load_order_for(plan);
  if (order.modules.empty() ||
      (plan.action == Action::load && order.modules.size() != images_.size())) {
    return Error{Outcome::unavailable, "the plan does not fit what was inspected"};
  }
  FromLoader first;
  FromLoader last;
  run_chosen_loader(order, recorders_word(intent), first, last);
  require(intent_confirmed_ || kernel.calls.empty(), "no intent, no kernel");
  if (first.kind == FromLoader::Kind::refused) return Error{Outcome::unavailable, "refused"};
  was_slow = chance(7);
  if (was_slow) slow();
  require_as_intended(intent);
  if (loader_died) {
    KernelAnswer answer;
    answer.modules.resize(plan.modules.size());
    answer.trouble = "the loader died before it could tell what the kernel said";
    return answer;
  }
  if (plan.action == Action::load) require_taken_back(order);
  const KernelAnswer answer = kernel_answer_for(plan, last);
  for (std::size_t at = 0; at < plan.modules.size(); ++at) {
    if (answer.modules.at(at).step != Step::done) continue;
    require(kernel.has(plan.modules[at].name) == (plan.action == Action::load),
            "what is said to be done is done");
  }
  return answer;
}

void ChosenWorld::line(const std::string& json) {
  may_throw();
  FakeWorld::line(json);
}

void ChosenWorld::end(const Error& error) {
  may_throw();
  require(error.outcome != Outcome::done, "an error is no success");
  FakeWorld::end(error);
}

void ChosenWorld::end_done() {
  may_throw();
  FakeWorld::end_done();
}

bool ChosenWorld::is_allowed_and_met(const Plan& plan, const Record& intent,
                                     Circumstances now) const {
  std::set<std::string> met = authenticated_;
  for (const Circumstances& earlier : handed_out_) {
    met.insert(earlier.tickets.begin(), earlier.tickets.end());
  }
  if (!intent.reason.empty()) now.reason = intent.reason;
  const auto is_met = [&](const Plan& part) {
    const Decision decision = decide(*policy(), caller(), part, now);
    const std::vector<std::string>& services = decision.asks.pam_services;
    return is_allowed(decision.verdict) && decision.asks.reason_met &&
           (!decision.asks.anchor || intent.anchor) &&
           std::all_of(services.begin(), services.end(),
                       [&](const std::string& service) { return met.contains(service); });
  };
  const Plan removal = replaced_by(plan);
  return is_met(plan) && (removal.modules.empty() || is_met(removal));
}

/// Under the policy in force, for this plan and this caller, at a time that the story was told.
void ChosenWorld::require_allowed(const Plan& plan, const Record& intent) {
  require(policy() != nullptr, "there is a policy");
  for (const Circumstances& now : handed_out_) {
    if (is_allowed_and_met(plan, intent, now)) return;
  }
  require(false, "the policy allows the plan, and what it asks for was met");
}

void ChosenWorld::require_as_intended(const Record& intent) const {
  for (const FakeKernel::Call& call : kernel.calls) {
    bool intended = false;
    for (const RecordedModule& module : intent.modules) {
      intended |=
          module.name == call.name &&
          (!call.inserts || (module.sha256 == call.sha256 && module.parameters == call.parameters));
    }
    require(intended, "the kernel is asked for what the intent says");
  }
}

/// After a failure that counts, what was inserted is removed newest first, and nothing else is
/// done.
void ChosenWorld::require_taken_back(const LoadOrder& order) const {
  std::vector<std::string> mine;
  std::size_t at = 0;
  const auto fails = [](const LoadOrder::Module& module, int code) {
    return code != 0 && !module.may_fail && (code != EEXIST || module.only_these_bytes);
  };
  bool failed = false;
  for (const LoadOrder::Module& module : order.modules) {
    int code = 0;
    if (module.replaces) {
      require(at < kernel.calls.size() && !kernel.calls[at].inserts, "what is replaced goes first");
      code = kernel.calls[at++].code;
    }
    if (code == 0 || code == ENOENT) {
      require(at < kernel.calls.size() && kernel.calls[at].inserts &&
                  kernel.calls[at].name == module.name,
              "modules are inserted in order");
      code = kernel.calls[at++].code;
      if (code == 0) mine.push_back(module.name);
    }
    failed = fails(module, code);
    if (failed) break;
  }
  for (; failed && !mine.empty(); mine.pop_back(), ++at) {
    require(at < kernel.calls.size() && !kernel.calls[at].inserts &&
                kernel.calls[at].name == mine.back(),
            "what was inserted is removed again, newest first");
  }
  require(at == kernel.calls.size(), "nothing else is done");
}

}  // namespace modgate
