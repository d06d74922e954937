// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <security/pam_appl.h>

#include <string>

#include "modgate/result.h"
#include "pam/authenticate.h"
#include "pam/conversation_relay.h"

namespace modgate {

/// One transaction with libpam, from pam_start to pam_end, which is told the last status.
class PamSession {
 public:
  explicit PamSession(Conversation& conversation) : relay_(conversation) {}
  PamSession(const PamSession&) = delete;
  PamSession& operator=(const PamSession&) = delete;
  ~PamSession();

  /// pam_start, with PAM_RUSER and PAM_TTY set and PAM_RHOST unset: a host name there may cost a
  /// DNS look-up. Once.
  Status start(const PamRequest& request);
  /// pam_authenticate, pam_acct_mgmt. Done only if both said PAM_SUCCESS, no answer went missing on
  /// the way, and PAM_USER still is whom start() named.
  Status authenticate();
  Status check_account();

 private:
  /// Remembers the status for pam_end.
  int check(int status) noexcept { return last_ = status; }
  Status set_item(int item, const std::string& value);
  Status judge(int status);
  /// Modules may change whom they authenticate.
  Status check_user();

  ConversationRelay relay_;
  pam_handle_t* handle_ = nullptr;
  int last_ = PAM_SUCCESS;
  std::string user_;
};

}  // namespace modgate
