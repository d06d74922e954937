// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "gate/daemon/front.h"
#include "gate/daemon/queries.h"
#include "gate/daemon/session_world.h"
#include "gate/daemon/time_limit.h"
#include "gate/daemon/turn_away.h"
#include "gate/daemon/waiting.h"
#include "gate/identity/login_uid.h"
#include "gate/identity/names.h"
#include "gate/pipeline.h"
#include "gate/wire/request_codec.h"
#include "gate/wording.h"

namespace modgate {
namespace {

/// How long a caller may take to send its request.
constexpr std::chrono::seconds kHearingTime{15};

/// How long a directory service may take to say who somebody is.
constexpr std::chrono::seconds kLookUpTime{60};

/// A request that ended before there was a story to tell it.
void refuse_without_story(SessionEnds& ends, const SessionSetup& setup, const Caller& asker,
                          const Error& error) {
  Record record;
  record.user = asker.user;
  record.groups = asker.groups;
  record.kind = RecordKind::refusal;
  record.outcome = error.outcome;
  record.message = error.message;
  const Deadline soon = BootClock::now() + std::chrono::seconds(30);
  const auto recorded = ends.recorder.record(stamped_now(record), soon);
  const std::string id = recorded ? setup.record_id : "";
  // A caller that has hung up misses only the words.
  static_cast<void>(
      ends.front.send(encode_reply(ReplyEnd{error.outcome, error.message, error.rule, id}), soon));
}

/// The kernel's own audit shall name the person: the login uid that the caller has, else its uid.
/// Where the kernel keeps no login uids, or this helper was started from a login session and so has
/// one already, the records of the gate are what names the person.
void name_the_caller_in_kernel_audit(const Peer& peer) {
  static_cast<void>(set_login_uid(peer.login_uid.value_or(peer.uid)));
}

/// Whose rules count: the caller's, but for a policy test about somebody else, to which reviewers
/// have a right.
Result<Caller> who_is_judged(const SessionSetup& setup, const Request& request, Caller caller) {
  if (!is_policy_test(request.verb) || request.user.empty() || request.user == caller.user) {
    return caller;
  }
  if (!setup.may_read_whole_log) {
    return Error{Outcome::denied,
                 "only root and members of modgate-audit may test the policy for somebody else"};
  }
  const TimeLimit limit(kLookUpTime);
  return look_up_account(request.user);
}

void answer(SessionWorld& world, const Request& request) {
  using Query = void (*)(SessionWorld&, const Request&);
  Query query = nullptr;
  if (request.verb == Verb::status) query = answer_status;
  if (request.verb == Verb::log) query = answer_log;
  if (request.verb == Verb::sign_off) query = answer_sign_off;
  if (query == nullptr) return serve(world, request);
  if (world.policy() == nullptr) return world.end(no_valid_policy());
  query(world, request);
}

SessionExit tell_story(const SessionSetup& setup, const FilterSet& filters, SessionEnds ends,
                       const Request& request, Fd handed_over, Result<Caller> caller) {
  // Where the names of the asker are not to be had, its uid alone is recorded.
  const Caller asker = caller ? *caller : Caller{};
  if (caller) caller = who_is_judged(setup, request, std::move(*caller));
  if (!caller) {
    refuse_without_story(ends, setup, asker, caller.error());
    return SessionExit::fine;
  }
  auto tree = ModuleTree::open(setup.modules_dir);
  const Status sound = tree ? tree->check_indexes() : Status(tree.error());
  if (!sound) {
    refuse_without_story(ends, setup, asker, sound.error());
    return SessionExit::fine;
  }
  SessionWorld world(setup, filters, std::move(*caller), std::move(*tree), std::move(ends),
                     std::move(handed_over));
  answer(world, request);
  return world.child_crashed() ? SessionExit::child_crashed : SessionExit::fine;
}

Result<Caller> name_of(const Peer& peer) {
  const TimeLimit limit(kLookUpTime);
  return look_up_names(peer);
}

/// Without a front nobody hears the caller out. It is told so, and nothing of it is read.
SessionExit turn_away_unheard(Channel caller_socket, const Error& error) {
  turn_away(caller_socket.release(), error.message);
  return SessionExit::broken;
}

/// Whether the front left by itself; one that was killed by its filter or limits did not.
SessionExit judge_front(Compartment& front) {
  auto ready = wait_for_any({front.pidfd()}, BootClock::now() + std::chrono::seconds(5));
  if (!ready || *ready == -1) return SessionExit::fine;
  auto ending = front.reap();
  return ending && ending->exited ? SessionExit::fine : SessionExit::child_crashed;
}

}  // namespace

int run_session(const Inside& inside, const SessionSetup& setup, const FilterSet& filters) {
  Channel caller_socket{Fd(inside.given.at(0))};
  Channel listener{Fd(inside.parent)};
  Channel recorder{Fd(inside.given.at(1))};
  name_the_caller_in_kernel_audit(setup.peer);

  auto prompts = Channel::pair();
  if (!prompts) {
    return static_cast<int>(turn_away_unheard(std::move(caller_socket), prompts.error()));
  }
  auto front = Compartment::start(
      front_profile(setup.accounts), filters, {caller_socket.get(), prompts->first.get()},
      [](const Inside& ends) {
        return run_front({Channel(Fd(ends.given.at(0))), Channel(Fd(ends.parent)),
                          Channel(Fd(ends.given.at(1)))});
      });
  if (!front) return static_cast<int>(turn_away_unheard(std::move(caller_socket), front.error()));
  caller_socket.close();
  prompts->first.close();
  Channel front_channel(front->release_channel());

  // NSS is asked while the front hears the caller out.
  auto caller = name_of(setup.peer);
  const Deadline heard_by = std::min(setup.deadline, BootClock::now() + kHearingTime);
  auto message = front_channel.receive(Limits::message_bytes, 1, heard_by);
  // A front that was taken over can only ask as its caller could: its words are checked again.
  if (!message && message.error().code == EMSGSIZE) {
    return static_cast<int>(SessionExit::child_crashed);
  }
  if (!message || !*message) return static_cast<int>(judge_front(*front));
  auto request = decode_request((*message)->bytes);
  std::vector<Fd>& descriptors = (*message)->descriptors;
  if (!request || request->handed_over != (descriptors.size() == 1)) {
    return static_cast<int>(SessionExit::child_crashed);
  }

  const SessionExit exit = tell_story(
      setup, filters,
      SessionEnds{ListenerLink(std::move(listener)), RecorderLink(std::move(recorder)),
                  std::move(front_channel), std::move(prompts->second)},
      *request, request->handed_over ? std::move(descriptors.front()) : Fd(), std::move(caller));
  const SessionExit front_exit = judge_front(*front);
  return static_cast<int>(exit == SessionExit::fine ? front_exit : exit);
}

}  // namespace modgate
