// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gate/audit/stored_event.h"
#include "modgate/request.h"
#include "modgate/result.h"

namespace modgate {

/// Which events a query wants. Names are compared as they were stored; `-` and `_` are the same in
/// module names, and a module is looked for in the whole plan. A user is a name or a decimal uid.
class LogFilter {
 public:
  /// `only_uid`: decimal; only events whose actor is that uid. Empty: no limit.
  LogFilter(LogQuery query, std::string only_uid);

  /// A line that is no event matches nothing.
  bool matches(std::string_view line);

  /// The same of a line that has been parsed.
  [[nodiscard]] bool fits(simdjson::dom::element root) const;

  [[nodiscard]] const LogQuery& query() const noexcept { return query_; }

 private:
  LogQuery query_;
  std::string only_uid_;
  StoredLine line_;
};

/// Where a search has read to.
struct LogPosition {
  std::uint64_t segment = 0;  ///< sequence number in its name; 0: before the first
  std::uint64_t offset = 0;   ///< behind the last whole line that was read
};

/// Takes a line; an error ends the search.
using LogSink = std::function<Status(std::string_view)>;

/// Gives every line of the log from `from` on that matches to `sink`, in order, and returns where
/// to go on. With `query.last` only the last so many, where `from` is the beginning. Memory does
/// not grow with the log.
Result<LogPosition> search_log(int directory, LogFilter& filter, const LogPosition& from,
                               const LogSink& sink);

}  // namespace modgate
