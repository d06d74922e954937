// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/tickets.h"

#include <algorithm>

namespace modgate {

void Tickets::grant(uid_t uid, const LoginSession& session, const std::string& service,
                    std::chrono::seconds life, Deadline now) {
  if (session.kind == LoginSession::Kind::none || life.count() <= 0) return;
  std::erase_if(tickets_, [&](const Ticket& ticket) {
    return ticket.until <= now ||
           (ticket.uid == uid && ticket.session == session && ticket.service == service);
  });
  if (tickets_.size() >= kMost) {
    tickets_.erase(std::min_element(
        tickets_.begin(), tickets_.end(),
        [](const Ticket& left, const Ticket& right) { return left.until < right.until; }));
  }
  tickets_.push_back({uid, session, service, now + life});
}

std::vector<ValidTicket> Tickets::valid_for(uid_t uid, const LoginSession& session,
                                            Deadline now) const {
  std::vector<ValidTicket> valid;
  if (session.kind == LoginSession::Kind::none) return valid;
  for (const Ticket& ticket : tickets_) {
    if (ticket.uid == uid && ticket.session == session && ticket.until > now) {
      valid.push_back({ticket.service, ticket.until});
    }
  }
  return valid;
}

}  // namespace modgate
