// SPDX-License-Identifier: Apache-2.0
#include "gate/review/selection.h"

#include <utility>

namespace modgate {
namespace {

bool wants_all(const LogQuery& query, const Where& where) {
  return query.user.empty() && query.role.empty() && query.module.empty() && query.action.empty() &&
         query.outcome.empty() && query.host.empty() && query.since_ms == 0 &&
         query.until_ms == 0 && where.is_empty();
}

}  // namespace

Selection::Selection(LogQuery query, Where where)
    : filter_(std::move(query), {}),
      where_(std::move(where)),
      is_all_(wants_all(filter_.query(), where_)) {}

bool Selection::fits(EventView& event) const {
  return is_all_ || (filter_.fits(event.root()) && where_.fits(event));
}

}  // namespace modgate
