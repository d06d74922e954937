// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/cli/admin/bulk_output.h"
#include "gate/cli/command_line.h"
#include "gate/review/event_view.h"
#include "gate/review/grouping.h"

namespace modgate {

enum class EventFormat : std::uint8_t { text, json, csv, ocsf_core, ecs };

/// Which of `--json`, `--csv`, `--ocsf` and `--ecs` was given; at most one may be.
Result<EventFormat> format_of(const CommandLine& line);

/// Writes events, or groups of them, in one format.
class EventWriter {
 public:
  EventWriter(EventFormat format, BulkOutput& output) : format_(format), output_(output) {}

  Status event(std::string_view line, EventView& event);

  /// A table, `{"group": {…}, "count": N, "first": …, "last": …}` a line, or CSV.
  Status groups(const Grouping& grouping);

  /// What stands before and behind all events.
  Status begin();

 private:
  EventFormat format_;
  BulkOutput& output_;
};

/// One line for people; whatever it takes from the event is printable.
std::string event_text(EventView& event);

/// "2026-12-01T10:00:00Z" of epoch milliseconds.
std::string time_text(std::int64_t epoch_ms);

}  // namespace modgate
