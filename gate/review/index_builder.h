// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "gate/review/event_view.h"
#include "gate/review/index_tables.h"

namespace modgate {

/// Takes the lines of a log into its index.
class IndexBuilder {
 public:
  IndexBuilder(SqlDatabase& database, const OpenLog& log) : database_(database), log_(log) {}

  /// Indexes what the log has beyond, and returns up to where. Each segment is one transaction.
  Result<LogPosition> catch_up(const std::function<void(std::uint64_t)>& progress);

 private:
  struct Span {
    std::int64_t first_id = 0;
    std::int64_t last_id = 0;
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
  };

  Status prepare();
  Result<bool> take_next_segment(LogPosition& end);
  Status check_closed(const IndexedSegment& before, const IndexedSegment& now, bool is_last);
  Status take_lines(IndexedSegment& segment);
  Status take_line(IndexedSegment& segment, std::uint64_t offset, std::string_view line);
  Status take_modules(std::int64_t id);
  Result<std::int64_t> person_of_event();
  Result<std::int64_t> module_named(const std::string& name);
  Status extend_span(std::int64_t id, std::int64_t time_ms);
  Status store_span();
  Status load_span();

  SqlDatabase& database_;
  const OpenLog& log_;
  EventView event_;
  SqlStatement insert_event_;
  SqlStatement insert_person_event_;
  SqlStatement insert_module_event_;
  SqlStatement insert_span_;
  SqlStatement find_person_;
  SqlStatement insert_person_;
  SqlStatement find_module_;
  SqlStatement insert_module_;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> persons_;
  std::map<std::string, std::int64_t, std::less<>> modules_;
  Span span_;
};

}  // namespace modgate
