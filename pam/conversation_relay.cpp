// SPDX-License-Identifier: Apache-2.0
#include "pam/conversation_relay.h"

#include <stdlib.h>
#include <string.h>

#include <cstddef>
#include <cstring>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace modgate {
namespace {

Error failed(std::string message) {
  return {Outcome::unauthenticated, std::move(message), PAM_CONV_ERR};
}

bool is_prompt(const pam_message& message) {
  return message.msg_style == PAM_PROMPT_ECHO_OFF || message.msg_style == PAM_PROMPT_ECHO_ON;
}

/// Answers in the form in which libpam's modules free them; wiped unless they are given away.
class Responses {
 public:
  explicit Responses(std::size_t count)
      : count_(count), list_(static_cast<pam_response*>(::calloc(count, sizeof(pam_response)))) {}
  Responses(const Responses&) = delete;
  Responses& operator=(const Responses&) = delete;
  ~Responses() {
    if (list_ == nullptr) return;
    for (std::size_t at = 0; at < count_; ++at) {
      if (list_[at].resp == nullptr) continue;
      ::explicit_bzero(list_[at].resp, std::strlen(list_[at].resp));
      ::free(list_[at].resp);
    }
    ::free(list_);
  }

  [[nodiscard]] bool set(std::size_t at, std::string_view text) {
    if (list_ == nullptr) return false;
    auto* copy = static_cast<char*>(::malloc(text.size() + 1));
    if (copy == nullptr) return false;
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    list_[at].resp = copy;
    return true;
  }
  explicit operator bool() const noexcept { return list_ != nullptr; }
  pam_response* release() noexcept { return std::exchange(list_, nullptr); }

 private:
  std::size_t count_;
  pam_response* list_;
};

/// Shows one message or asks one question; nullopt where there is nothing to answer.
Result<std::optional<Secret>> say(Conversation& conversation, const pam_message& message) {
  const std::string_view text = message.msg == nullptr ? "" : message.msg;
  if (is_prompt(message)) {
    auto answer = conversation.ask(text, message.msg_style == PAM_PROMPT_ECHO_ON);
    if (!answer) return answer.error();
    if (!answer->is_usable()) return failed("an answer that is too long or holds a NUL");
    return std::optional<Secret>(std::move(*answer));
  }
  if (message.msg_style != PAM_TEXT_INFO && message.msg_style != PAM_ERROR_MSG) {
    return failed("PAM asks in a way that a terminal cannot answer");
  }
  auto shown = conversation.show(text, message.msg_style == PAM_ERROR_MSG);
  if (!shown) return shown.error();
  return std::optional<Secret>();
}

}  // namespace

Status ConversationRelay::relay(int count, const pam_message** messages, pam_response** responses) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG || messages == nullptr) {
    return failed("PAM asks too much or nothing at once");
  }
  const auto size = static_cast<std::size_t>(count);
  for (std::size_t at = 0; at < size; ++at) {
    if (messages[at] == nullptr) return failed("PAM asks nothing");
    if (is_prompt(*messages[at]) && responses == nullptr) {
      return failed("PAM asks, and wants no answer");
    }
  }
  // All is asked before the first answer counts as a try: whoever hangs up in between has made
  // none.
  std::vector<std::optional<Secret>> answers;
  answers.reserve(size);
  for (std::size_t at = 0; at < size; ++at) {
    auto answer = say(conversation_, *messages[at]);
    if (!answer) return answer.error();
    answers.push_back(std::move(*answer));
  }
  if (responses == nullptr) return Done{};

  Responses handed(size);
  if (!handed) return failed("out of memory");
  for (std::size_t at = 0; at < size; ++at) {
    if (!answers[at]) continue;
    if (auto counted = conversation_.about_to_try(); !counted) return counted;
    if (!handed.set(at, answers[at]->view())) return failed("out of memory");
  }
  *responses = handed.release();
  return Done{};
}

int ConversationRelay::answer(int count, const pam_message** messages, pam_response** responses,
                              void* relay) noexcept {
  if (responses != nullptr) *responses = nullptr;
  auto* self = static_cast<ConversationRelay*>(relay);
  if (self == nullptr || !self->status_) return PAM_CONV_ERR;
  // No exception may cross libpam, which is C.
  try {
    self->status_ = failed("the conversation was cut short");
    self->status_ = self->relay(count, messages, responses);
  } catch (...) {
    return PAM_CONV_ERR;
  }
  return self->status_ ? PAM_SUCCESS : PAM_CONV_ERR;
}

}  // namespace modgate
