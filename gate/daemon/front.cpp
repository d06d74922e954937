// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/front.h"

#include <poll.h>
#include <string.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "gate/daemon/waiting.h"
#include "gate/wire/reply.h"
#include "gate/wire/request_codec.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kRequestTime{10};
constexpr std::chrono::seconds kRelayTime{30};

Deadline in(std::chrono::seconds time) { return BootClock::now() + time; }

/// Tells the caller what is wrong with its request. The session hears nothing and ends.
int refuse_request(FrontEnds& ends, const Error& error) {
  return ends.caller.send(encode_reply(ReplyEnd{error.outcome, error.message, {}, {}}),
                          in(kRelayTime))
             ? 0
             : 1;
}

/// Where an answer has to go.
enum class Waiting { none, session, authenticator };

class Relay {
 public:
  explicit Relay(FrontEnds& ends) : ends_(ends) {}

  int run() {
    while (true) {
      std::array<pollfd, 3> ready = {{{ends_.caller.get(), POLLIN, 0},
                                      {ends_.session.get(), POLLIN, 0},
                                      {ends_.prompts.get(), POLLIN, 0}}};
      if (::ppoll(ready.data(), ready.size(), nullptr, nullptr) < 0) return 1;
      // The session first, to its last word: that counts whoever else hangs up in the same moment.
      if (ready[1].revents != 0) {
        if (!pass_reply()) break;
        continue;
      }
      if (ready[2].revents != 0 && !pass_prompt()) break;
      if (ready[0].revents != 0 && !pass_answer()) break;
    }
    return status_;
  }

 private:
  /// One message of the session on its way to the caller; false when the conversation is over.
  bool pass_reply() {
    auto message = ends_.session.receive(Limits::message_bytes, 0, in(kRelayTime));
    return message && *message && pass_on((*message)->bytes, Waiting::session);
  }

  /// One message of the authenticator; that there will be none any more ends nothing.
  bool pass_prompt() {
    auto message = ends_.prompts.receive(Limits::message_bytes, 0, in(kRelayTime));
    if (!message) return false;
    if (*message) return pass_on((*message)->bytes, Waiting::authenticator);
    ends_.prompts.close();
    return true;
  }

  bool pass_on(const std::string& bytes, Waiting who) {
    auto reply = decode_reply(bytes);
    if (!reply) return fail();
    if (const auto* prompt = std::get_if<ReplyPrompt>(&*reply); prompt != nullptr) {
      if (prompt->style == ReplyPrompt::Style::secret ||
          prompt->style == ReplyPrompt::Style::text) {
        if (waiting_ != Waiting::none) return fail();
        waiting_ = who;
      }
    } else if (who != Waiting::session) {
      // The authenticator prompts; it has nothing else to say to a caller.
      return fail();
    }
    const bool sent = static_cast<bool>(ends_.caller.send(encode_reply(*reply), in(kRelayTime)));
    return sent && !std::holds_alternative<ReplyEnd>(*reply);
  }

  /// The caller's answer on its way to whoever asked; false when the caller has hung up or says
  /// what it was not asked for.
  bool pass_answer() {
    auto message = ends_.caller.receive(Limits::message_bytes, 0, in(kRelayTime));
    if (!message || !*message || waiting_ == Waiting::none) return false;
    auto answer = decode_answer((*message)->bytes);
    Channel& to = waiting_ == Waiting::session ? ends_.session : ends_.prompts;
    const bool sent = answer && static_cast<bool>(to.send((*message)->bytes, in(kRelayTime)));
    waiting_ = Waiting::none;
    if (answer) ::explicit_bzero(answer->data(), answer->size());
    ::explicit_bzero((*message)->bytes.data(), (*message)->bytes.size());
    return sent;
  }

  bool fail() {
    status_ = 1;
    return false;
  }

  FrontEnds& ends_;
  Waiting waiting_ = Waiting::none;
  int status_ = 0;
};

}  // namespace

int run_front(FrontEnds ends) {
  // The session says nothing before it has heard the request: what comes from it now is its end.
  const Deadline asked_by = in(kRequestTime);
  const auto ready = wait_for_any({ends.caller.get(), ends.session.get()}, asked_by);
  if (ready && *ready == 1) {
    return refuse_request(ends, {Outcome::unavailable, "the helper serves no longer: try again"});
  }
  auto message = ends.caller.receive(Limits::message_bytes, 1, asked_by);
  if (!message && message.error().code == ETIMEDOUT) {
    return refuse_request(ends, {Outcome::unavailable, "no request came within 10 s"});
  }
  if (!message) return refuse_request(ends, {Outcome::usage, message.error().message});
  if (!*message) return 0;
  auto request = decode_request((*message)->bytes);
  if (!request) return refuse_request(ends, request.error());
  if (request->handed_over != ((*message)->descriptors.size() == 1)) {
    return refuse_request(ends,
                          {Outcome::usage, "an open file goes with a handed-over module only"});
  }
  std::vector<int> descriptors;
  for (const Fd& descriptor : (*message)->descriptors) descriptors.push_back(descriptor.get());
  if (!ends.session.send(encode_request(*request), in(kRequestTime), descriptors)) return 1;
  (*message)->descriptors.clear();
  return Relay(ends).run();
}

}  // namespace modgate
