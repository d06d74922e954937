// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gate/audit/search.h"
#include "gate/review/event_view.h"
#include "gate/review/where.h"
#include "modgate/request.h"

namespace modgate {

/// Which events a review is about: the simple filters and the expression, all of which must hold.
/// `query.last` and `query.follow` say nothing here.
class Selection {
 public:
  Selection() : Selection(LogQuery{}, Where{}) {}
  Selection(LogQuery query, Where where);

  /// Whether `event`, which has been parsed, is wanted.
  [[nodiscard]] bool fits(EventView& event) const;

  /// Whether every event is.
  [[nodiscard]] bool is_all() const noexcept { return is_all_; }

  [[nodiscard]] const LogQuery& query() const noexcept { return filter_.query(); }
  [[nodiscard]] const Where& where() const noexcept { return where_; }

 private:
  LogFilter filter_;
  Where where_;
  bool is_all_;
};

}  // namespace modgate
