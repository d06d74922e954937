// SPDX-License-Identifier: Apache-2.0
#include "gate/pipeline.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "gate/answers.h"
#include "gate/policy/decide.h"
#include "gate/wording.h"

namespace modgate {
namespace {

/// A request on its way through the house.
struct Story {
  World& world;
  const Request& request;
  Plan plan = {};
  Decision decision = {};
  std::optional<std::string> reason = {};
  std::string authentication = "none";
  bool on_ticket = false;  ///< a ticket spared a prompt
};

Circumstances circumstances_of(const Story& story) {
  Circumstances now = story.world.circumstances();
  now.reason = story.reason;
  return now;
}

Error refusal_of(const Decision& decision) {
  return {decision.refusal, decision.explanation, 0, decision.rule.text()};
}

/// The plan to remove what is loaded under the name of a module that takes its place.
Plan removal_in(const Plan& plan) {
  Plan removal;
  removal.action = Action::unload;
  removal.asked = plan.asked;
  for (const PlannedModule& module : plan.modules) {
    if (!module.replaces) continue;
    PlannedModule loaded;
    loaded.name = module.name;
    loaded.state = ModuleState::loaded;
    loaded.own = module.own;
    removal.modules.push_back(std::move(loaded));
  }
  return removal;
}

/// A request that unloads and loads needs both, and asks for what either asks for.
void add_asks(const Asks& more, Asks& asks) {
  for (const std::string& service : more.pam_services) {
    if (std::find(asks.pam_services.begin(), asks.pam_services.end(), service) ==
        asks.pam_services.end()) {
      asks.pam_services.push_back(service);
    }
  }
  asks.reason = asks.reason || more.reason;
  asks.reason_met = asks.reason_met && more.reason_met;
  asks.anchor = asks.anchor || more.anchor;
}

/// Steps 3 and 5: the one place where a request is decided.
Status decide_story(Story& story) {
  const Policy& policy = *story.world.policy();
  const Circumstances now = circumstances_of(story);
  story.decision = decide(policy, story.world.caller(), story.plan, now);
  if (!is_allowed(story.decision.verdict)) return refusal_of(story.decision);
  const Plan removal = removal_in(story.plan);
  if (removal.modules.empty()) return Done{};
  const Decision removing = decide(policy, story.world.caller(), removal, now);
  if (!is_allowed(removing.verdict)) {
    story.decision.verdict = Verdict::deny;
    story.decision.rule = removing.rule;
    story.decision.explanation = removing.explanation;
    return refusal_of(removing);
  }
  add_asks(removing.asks, story.decision.asks);
  return Done{};
}

/// Steps 2 and 3. On return the plan stands and is allowed as far as its names tell.
Status plan_and_decide(Story& story) {
  if (story.world.policy() == nullptr) return no_valid_policy();
  if (story.request.handed_over && !has_file_rules(*story.world.policy(), story.world.caller())) {
    // Nobody looks into a file for a caller who may load none.
    return Error{Outcome::denied, "no rule allows you to load a module that you hand over"};
  }
  auto plan = story.world.plan(story.request);
  if (!plan) return plan.error();
  story.plan = std::move(*plan);
  return decide_story(story);
}

/// Steps 4 and 5: what is in the modules, and the same question again with it.
Status inspect_and_decide(Story& story) {
  if (story.plan.action == Action::unload || !story.plan.changes_anything()) return Done{};
  if (auto inspected = story.world.inspect(story.plan); !inspected) return inspected.error();
  return decide_story(story);
}

/// Asks for a reason where a rule wants one that the request lacks.
Status settle_reason(Story& story) {
  if (story.decision.asks.reason_met) return Done{};
  if (story.reason) {
    return Error{Outcome::denied, "the reason does not match what the rule asks for", 0,
                 story.decision.rule.text()};
  }
  if (!story.request.interactive) {
    return Error{Outcome::denied, "the rule asks for a reason: give one with --reason", 0,
                 story.decision.rule.text()};
  }
  auto reason = story.world.ask_reason();
  if (!reason) return reason.error();
  story.reason = std::move(*reason);
  if (auto decided = decide_story(story); !decided) return decided;
  if (!story.decision.asks.reason_met) {
    return Error{Outcome::denied, "the reason does not match what the rule asks for", 0,
                 story.decision.rule.text()};
  }
  return Done{};
}

/// Step 6.
Status authenticate(Story& story) {
  const Circumstances now = circumstances_of(story);
  for (const std::string& service : story.decision.asks.pam_services) {
    bool has_ticket = false;
    for (const std::string& ticket : now.tickets) has_ticket = has_ticket || ticket == service;
    if (has_ticket) {
      story.authentication = "ticket:" + service;
      story.on_ticket = true;
      continue;
    }
    if (!story.request.interactive) {
      return Error{Outcome::unauthenticated,
                   "authentication is needed and nothing may be prompted for; run it once without "
                   "-n on a terminal"};
    }
    if (auto done = story.world.authenticate(service); !done) return done.error();
    story.authentication = "pam:" + service;
  }
  return Done{};
}

bool asks_more(const Asks& now, const Asks& before) {
  if (now.reason && !before.reason) return true;
  for (const std::string& service : now.pam_services) {
    bool known = false;
    for (const std::string& earlier : before.pam_services) known = known || earlier == service;
    if (!known) return true;
  }
  return !now.reason_met || (now.anchor && !before.anchor);
}

/// A policy that changed under the request decides anew, just before the intent.
Status decide_anew(Story& story) {
  if (!story.world.policy_changed(story.plan)) return Done{};
  const Asks before = story.decision.asks;
  if (auto decided = decide_story(story); !decided) return decided;
  // A ticket of the old policy no longer serves: what stood on one has to be asked again.
  if (asks_more(story.decision.asks, before) || story.on_ticket) {
    return Error{Outcome::denied, "the policy changed, try again", 0, story.decision.rule.text()};
  }
  return Done{};
}

Record record_of(const Story& story, RecordKind kind) {
  Record record;
  record.kind = kind;
  record.reload = story.request.verb == Verb::reload;
  describe_plan(record, story.plan);
  if (record.asked.empty()) describe_request(record, story.request);
  record.role = story.decision.rule.role;
  record.rule = story.decision.rule.text();
  record.policy_digest = story.world.policy_digest();
  record.reason = story.reason.value_or("");
  record.authentication = story.authentication;
  record.user = story.world.caller().user;
  record.groups = story.world.caller().groups;
  return record;
}

/// Recorded, told: the end of every request that never reached the kernel.
void refuse(Story& story, const Error& error) {
  Record record = record_of(story, RecordKind::refusal);
  record.outcome = error.outcome;
  if (!error.rule.empty()) record.rule = error.rule;
  record.message = error.message;
  if (error.code != 0) record.code = errno_name(error.code);
  if (auto recorded = story.world.record(record); !recorded) {
    // A refusal that cannot be recorded is still a refusal.
    story.world.end({error.outcome,
                     error.message + " (and not recorded: " + recorded.error().message + ")",
                     error.code, error.rule});
    return;
  }
  story.world.end(error);
}

/// Allowed, and the kernel need not be asked.
void nothing_to_do(Story& story) {
  Record record = record_of(story, RecordKind::nothing_to_do);
  record.outcome = Outcome::done;
  record.message = nothing_to_do_message(story.plan);
  if (auto recorded = story.world.record(record); !recorded) {
    story.world.end(recorded.error());
    return;
  }
  story.world.line(done_answer(story.plan, KernelAnswer{}, story.world.record_id()));
  story.world.end_done();
}

/// Steps 7 to 10: the intent, the kernel, the outcome, the reply.
void carry_out(Story& story) {
  Record intent = record_of(story, RecordKind::intent);
  intent.message = intent_message(story.plan, story.world.caller().user);
  intent.anchor = story.decision.asks.anchor;
  auto answer = story.world.carry_out(story.plan, intent, [&story] {
    story.world.end({Outcome::failed,
                     "still in the kernel after 2 minutes; the outcome will be in the record"});
  });
  if (!answer) return refuse(story, answer.error());
  Record outcome = record_of(story, RecordKind::outcome);
  describe_answer(outcome, story.plan, *answer);
  const Status recorded = story.world.record(outcome);
  if (outcome.outcome != Outcome::done) {
    story.world.end({outcome.outcome, outcome.message});
    return;
  }
  if (!recorded) {
    story.world.end({Outcome::failed,
                     "done, but the outcome could not be recorded: " + recorded.error().message});
    return;
  }
  story.world.line(done_answer(story.plan, *answer, story.world.record_id()));
  story.world.end_done();
}

/// A load or unload, whole.
void change_modules(Story& story) {
  story.reason = story.request.reason;
  using Stage = Status (*)(Story&);
  for (const Stage stage : {plan_and_decide, inspect_and_decide}) {
    if (auto passed = stage(story); !passed) return refuse(story, passed.error());
  }
  if (auto same = is_what_is_loaded(story.plan); !same) return refuse(story, same.error());
  if (!story.plan.changes_anything()) return nothing_to_do(story);
  for (const Stage stage : {settle_reason, authenticate, decide_anew}) {
    if (auto passed = stage(story); !passed) return refuse(story, passed.error());
  }
  if (auto possible = can_be_unloaded(story.plan); !possible) {
    return refuse(story, possible.error());
  }
  carry_out(story);
}

/// The same way as far as step 5, then what was found is shown; nothing is asked and nothing
/// changes.
void show_plan(Story& story) {
  story.reason = story.request.reason;
  Status passed = plan_and_decide(story);
  if (passed) passed = inspect_and_decide(story);
  if (story.world.policy() != nullptr && !story.plan.modules.empty()) {
    story.world.line(
        plan_answer(story.plan, story.decision, story.world.kernel_checks(story.plan)));
  }
  if (!passed) return story.world.end(passed.error());
  story.world.end_done();
}

/// What the names that a caller asks about stand for, aliases resolved.
Result<std::vector<PlannedModule>> modules_asked_about(Story& story) {
  std::vector<PlannedModule> modules;
  for (const std::string& name : story.request.modules) {
    Request one;
    one.verb = Verb::plan_load;
    one.modules = {name};
    auto plan = story.world.plan(one);
    if (!plan) return plan.error();
    for (PlannedModule& module : plan->modules) {
      if (module.why == Why::asked) modules.push_back(std::move(module));
    }
  }
  return modules;
}

void show_list(Story& story) {
  if (story.world.policy() == nullptr) return story.world.end(no_valid_policy());
  auto about = modules_asked_about(story);
  if (!about) return story.world.end(about.error());
  story.world.line(list_answer(story.world.caller(),
                               list_rules(*story.world.policy(), story.world.caller(), *about)));
  story.world.end_done();
}

}  // namespace

void serve(World& world, const Request& request) noexcept {
  try {
    Story story{world, request};
    try {
      switch (request.verb) {
        case Verb::load:
        case Verb::unload:
        case Verb::reload:
          return change_modules(story);
        case Verb::plan_load:
        case Verb::plan_unload:
        case Verb::policy_test_load:
        case Verb::policy_test_unload:
          return show_plan(story);
        case Verb::list:
          return show_list(story);
        case Verb::status:
        case Verb::log:
        case Verb::sign_off:
          break;
      }
      world.end({Outcome::usage, "this version cannot do that"});
    } catch (const std::exception& failure) {
      refuse(story, {Outcome::unavailable, std::string("an internal error: ") + failure.what()});
    }
  } catch (...) {
    // Not even the refusal could be made: the connection ends without a word of success, and the
    // recorder closes an open intent as unknown.
    return;
  }
}

}  // namespace modgate
