// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/wire/channel.h"
#include "pam/authenticate.h"

namespace modgate {

/// What an authenticator tells its session: messages of fixed layout.
struct FromAuthenticator {
  enum class Kind : std::uint32_t {
    about_to_try = 1,  ///< waits for one byte before the secret reaches PAM
    accepted = 2,
    refused = 3,
  };
  Kind kind = Kind::refused;
  std::int32_t pam_status = 0;
  char message[120] = {};
};

/// The body of an authenticator's process: one authentication through PAM. `prompts` leads to the
/// front, `session` to the session. Returns the exit status.
int run_authenticator(const PamRequest& request, Channel session, Channel prompts);

}  // namespace modgate
