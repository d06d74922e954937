// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/result.h"
#include "pam/secret.h"

namespace modgate {

/// How PAM modules talk to the person. Implemented by the process around it.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// Asks and waits for the answer; `echo` as PAM_PROMPT_ECHO_ON. An error ends the authentication.
  virtual Result<Secret> ask(std::string_view prompt, bool echo) = 0;
  /// Shows a line; `is_error` as PAM_ERROR_MSG.
  virtual Status show(std::string_view text, bool is_error) = 0;
  /// Called before an answer is handed to PAM, once for each answer: from here on it is an attempt.
  /// An error ends the authentication and the answer never reaches PAM.
  virtual Status about_to_try() = 0;
};

struct PamRequest {
  std::string service;
  std::string user;      ///< the account of the peer's uid, never a typed name
  std::string terminal;  ///< PAM_TTY; the service's name where the caller has no terminal
};

/// One authentication: pam_authenticate, pam_acct_mgmt, then PAM_USER must still be `request.user`.
/// No credentials are set, no session is opened, no expired password is changed: they refuse.
/// Errors are Outcome::unauthenticated; `code` of the error is PAM's status. Never throws across
/// the C callbacks.
Status authenticate(const PamRequest& request, Conversation& conversation);

}  // namespace modgate
