// SPDX-License-Identifier: Apache-2.0
#include "pam/authenticate.h"

#include "pam/pam_session.h"

namespace modgate {

Status authenticate(const PamRequest& request, Conversation& conversation) {
  PamSession session(conversation);
  if (auto started = session.start(request); !started) return started;
  if (auto authenticated = session.authenticate(); !authenticated) return authenticated;
  return session.check_account();
}

}  // namespace modgate
