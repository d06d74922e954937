// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <security/pam_appl.h>

#include <string>

#include "modgate/result.h"
#include "pam/authenticate.h"

namespace modgate {

/// Carries PAM's conversation, which is C, to a Conversation.
///
/// The first thing that goes wrong ends it: every later call of PAM is refused, and failure() says
/// what it was, whatever the modules make of it. libpam keeps the address, so this never moves.
class ConversationRelay {
 public:
  explicit ConversationRelay(Conversation& conversation)
      : conversation_(conversation), entry_{&ConversationRelay::answer, this} {}
  ConversationRelay(const ConversationRelay&) = delete;
  ConversationRelay& operator=(const ConversationRelay&) = delete;

  [[nodiscard]] const pam_conv* entry() const noexcept { return &entry_; }
  /// Done while nothing went wrong.
  [[nodiscard]] const Status& failure() const noexcept { return status_; }

 private:
  /// pam_conv(3): `count` from 1 to PAM_MAX_NUM_MSG, `responses` NULL where there is nothing to
  /// answer (pam_matrix does that). The answers are malloc'ed for the module to free; on an error
  /// there are none and *responses is NULL.
  static int answer(int count, const pam_message** messages, pam_response** responses,
                    void* relay) noexcept;
  Status relay(int count, const pam_message** messages, pam_response** responses);

  Conversation& conversation_;
  pam_conv entry_;
  Status status_ = Done{};
};

}  // namespace modgate
