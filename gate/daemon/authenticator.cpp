// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "gate/daemon/authenticator.h"
#include "gate/wire/reply.h"
#include "modgate/request.h"

namespace modgate {
namespace {

/// The session kills an authenticator that takes too long; these limits only end one whose
/// session is gone.
Deadline authentication_deadline() {
  return BootClock::now() + std::chrono::seconds(Limits::request_seconds + 10);
}

/// Some module's prompt may be longer than a message for the terminal needs to be.
constexpr std::size_t kPromptBytes = 1024;

Status tell(Channel& session, FromAuthenticator::Kind kind, const Error* error = nullptr) {
  FromAuthenticator message;
  message.kind = kind;
  if (error != nullptr) {
    message.pam_status = error->code;
    const std::size_t length = std::min(error->message.size(), sizeof message.message - 1);
    std::memcpy(message.message, error->message.data(), length);
  }
  return session.send({reinterpret_cast<const char*>(&message), sizeof message},
                      authentication_deadline());
}

class RelayedConversation final : public Conversation {
 public:
  RelayedConversation(Channel& session, Channel& prompts) : session_(session), prompts_(prompts) {}

  Result<Secret> ask(std::string_view prompt, bool echo) override {
    if (auto sent =
            prompt_with(echo ? ReplyPrompt::Style::text : ReplyPrompt::Style::secret, prompt);
        !sent) {
      return sent.error();
    }
    auto message = prompts_.receive(Limits::message_bytes, 0, authentication_deadline());
    if (!message) return message.error();
    if (!*message) return Error{Outcome::unauthenticated, "the caller hung up"};
    auto answer = decode_answer((*message)->bytes);
    ::explicit_bzero((*message)->bytes.data(), (*message)->bytes.size());
    if (!answer) return answer.error();
    Secret secret{std::string_view(*answer)};
    ::explicit_bzero(answer->data(), answer->size());
    return secret;
  }

  Status show(std::string_view text, bool is_error) override {
    return prompt_with(is_error ? ReplyPrompt::Style::error : ReplyPrompt::Style::info, text);
  }

  Status about_to_try() override {
    if (auto told = tell(session_, FromAuthenticator::Kind::about_to_try); !told) return told;
    auto counted = session_.receive(1, 0, authentication_deadline());
    if (!counted) return counted.error();
    if (!*counted) return Error{Outcome::unauthenticated, "the session ended"};
    return Done{};
  }

 private:
  Status prompt_with(ReplyPrompt::Style style, std::string_view text) {
    return prompts_.send(
        encode_reply(ReplyPrompt{style, std::string(text.substr(0, kPromptBytes))}),
        authentication_deadline());
  }

  Channel& session_;
  Channel& prompts_;
};

}  // namespace

int run_authenticator(const PamRequest& request, Channel session, Channel prompts) {
  RelayedConversation conversation(session, prompts);
  const Status result = authenticate(request, conversation);
  const Status told = result ? tell(session, FromAuthenticator::Kind::accepted)
                             : tell(session, FromAuthenticator::Kind::refused, &result.error());
  return told ? 0 : 1;
}

}  // namespace modgate
