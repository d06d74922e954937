// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/wire/channel.h"
#include "pam/authenticate.h"

namespace modgate {

/// What an authenticator tells its session: messages of fixed layout.
struct FromAuthenticator {
  /// At least 32 bits apart, as with Verdict: no flipped bit makes one of them another
  /// (CVE-2023-42465).
  enum class Kind : std::uint64_t {
    about_to_try = 0x3c5aa5c3'0ff09669ULL,  ///< waits for a byte before the secret reaches PAM
    accepted = 0xa5c33c5a'69960ff0ULL,
    refused = 0x5a3cc3a5'69960ff0ULL,
  };
  Kind kind = Kind::refused;
  std::int32_t pam_status = 0;
  char message[124] = {};
};

/// The body of an authenticator's process: one authentication through PAM. `prompts` leads to the
/// front, `session` to the session. Returns the exit status.
int run_authenticator(const PamRequest& request, Channel session, Channel prompts);

}  // namespace modgate
