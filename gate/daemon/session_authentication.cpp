// SPDX-License-Identifier: Apache-2.0
#include <security/_pam_types.h>

#include <cstring>

#include "gate/daemon/authenticator.h"
#include "gate/daemon/session_world.h"
#include "gate/daemon/waiting.h"
#include "modgate/decision.h"
#include "pam/service_check.h"
#include "pam/status_name.h"

namespace modgate {
namespace {

constexpr int kTries = 3;

/// Only a wrong answer is worth another try; a locked account stays locked.
bool may_try_again(int pam_status) { return pam_status == PAM_AUTH_ERR; }

Error unauthenticated(std::string message) {
  return {Outcome::unauthenticated, std::move(message)};
}

}  // namespace

struct SessionWorld::Try {
  Verdict verdict = Verdict::deny;
  bool counted = false;  ///< a secret reached PAM
  int pam_status = 0;
  std::string message;
};

Result<SessionWorld::Try> SessionWorld::follow_try(Compartment& authenticator,
                                                   const std::string& service) {
  Channel channel(authenticator.release_channel());
  Try attempt;
  while (true) {
    auto ready = wait_for_any({channel.get(), ends_.front.get(), ends_.listener.descriptor()},
                              setup_.deadline);
    if (!ready) return ready.error();
    if (*ready == -1) return unauthenticated("authentication took too long");
    if (*ready == 1) return unauthenticated("the caller hung up");
    if (*ready == 2) return Error{Outcome::unavailable, "the helper is stopping"};

    auto message = channel.receive(sizeof(FromAuthenticator), 0, setup_.deadline);
    FromAuthenticator word;
    if (!message || !*message || (*message)->bytes.size() != sizeof word) {
      child_crashed_ = true;
      return unauthenticated("the authenticator died");
    }
    std::memcpy(&word, (*message)->bytes.data(), sizeof word);
    word.message[sizeof word.message - 1] = '\0';
    switch (word.kind) {
      case FromAuthenticator::Kind::about_to_try:
        // Counted before PAM sees the secret: hanging up now gains nothing.
        if (auto counted = ends_.listener.count_try(setup_.deadline); !counted) {
          return counted.error();
        }
        attempt.counted = true;
        if (auto sent = channel.send("!", setup_.deadline); !sent) return sent.error();
        break;
      case FromAuthenticator::Kind::accepted: {
        const Status told = ends_.listener.try_succeeded(service, setup_.deadline);
        if (!told) return told.error();
        attempt.verdict = Verdict::allow;
        return attempt;
      }
      case FromAuthenticator::Kind::refused:
        attempt.pam_status = word.pam_status;
        attempt.message = word.message;
        return attempt;
      default:
        return unauthenticated("the authenticator spoke nonsense");
    }
  }
}

Result<SessionWorld::Try> SessionWorld::try_once(const std::string& service) {
  // The listener's answer may be a long time coming; whoever hangs up meanwhile loses the turn.
  if (auto turn = ends_.listener.begin_try(setup_.deadline); !turn) {
    return unauthenticated("too many wrong passwords: wait a minute and try again");
  }
  PamRequest request;
  request.service = service;
  request.user = caller_.user;
  request.terminal = caller_.peer.process.terminal;
  auto authenticator =
      Compartment::start(authenticator_profile(setup_.accounts), filters_, {ends_.prompts.get()},
                         [&request](const Inside& inside) {
                           return run_authenticator(request, Channel(Fd(inside.parent)),
                                                    Channel(Fd(inside.given.at(0))));
                         });
  if (!authenticator) return authenticator.error();
  auto attempt = follow_try(*authenticator, service);
  // Whatever came of it, its turn is over; the listener keeps the count.
  if (auto ended = ends_.listener.end_try(setup_.deadline); !ended) return ended.error();
  return attempt;
}

Status SessionWorld::record_failed_try(const std::string& service, const Try& attempt) {
  Record record;
  record.kind = RecordKind::authentication;
  record.outcome = Outcome::unauthenticated;
  record.authentication = "pam:" + service;
  record.user = caller_.user;
  record.groups = caller_.groups;
  record.code = pam_status_name(attempt.pam_status);
  record.message = attempt.message;
  return this->record(record);
}

Status SessionWorld::authenticate(const std::string& service) {
  // Looked at when the policy was read, and again now: PAM itself would fall back to `other`.
  if (auto sound = check_pam_service(service); !sound) return sound;
  for (int tries = 1;; ++tries) {
    auto attempt = try_once(service);
    if (!attempt) return attempt.error();
    if (is_allowed(attempt->verdict)) return Done{};
    if (auto recorded = record_failed_try(service, *attempt); !recorded) return recorded;
    if (tries == kTries || !may_try_again(attempt->pam_status)) {
      return unauthenticated("not authenticated: " + attempt->message);
    }
    reply(ReplyPrompt{ReplyPrompt::Style::error, "Sorry, try again."});
  }
}

}  // namespace modgate
