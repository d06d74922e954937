// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/review/event_view.h"
#include "gate/review/log_index.h"
#include "gate/review/log_place.h"
#include "gate/review/selection.h"

namespace modgate {

/// Takes a stored line and its event; an error ends the reading.
using EventSink = std::function<Status(std::string_view line, EventView& event)>;

/// Reads the events of one log, or of several by time, that a selection wants.
class LogReview {
 public:
  struct Settings {
    std::uint64_t last = 0;                 ///< only the last so many; 0: all
    bool lines_alone = false;               ///< the sink looks at no event, only at lines
    std::optional<std::string> index = {};  ///< folder of the indexes; nullopt: none is used
    std::uint64_t least_indexed = std::uint64_t{16} << 20U;  ///< smaller logs are read as they are
    LogIndex::Progress progress = [](std::uint64_t) {};
  };

  LogReview(std::vector<OpenLog> logs, Selection selection, Settings settings);

  /// Where to begin, one a log; from the beginning where this is not called. The index is not used
  /// then.
  void begin_at(std::vector<LogPosition> positions);

  /// Gives what the logs hold now to `sink`, in order. Called once.
  Status read(const EventSink& sink);

  /// Gives what has come since to `sink`.
  Status read_on(const EventSink& sink);

  /// Behind what was read, one a log.
  [[nodiscard]] const std::vector<LogPosition>& positions() const noexcept { return positions_; }
  [[nodiscard]] const std::vector<OpenLog>& logs() const noexcept { return logs_; }

 private:
  struct Found {
    std::int64_t time_ms = 0;
    std::size_t log = 0;
    LinePlace place;
    std::string line = {};  ///< kept for showing it, as long as there is room for it
  };

  Status stream(const EventSink& sink);
  Status stream_one(const EventSink& sink);
  Status stream_indexed(const EventSink& sink);
  Status stream_merged(const EventSink& sink);
  void add(std::vector<Found>& found, std::size_t log, const LinePlace& place,
           std::string_view line);
  Status find_in(std::size_t log, std::vector<Found>& found);
  [[nodiscard]] Result<std::optional<LogIndex>> open_index(std::size_t log) const;
  Result<bool> find_by_index(std::size_t log, std::vector<Found>& found);
  Status find_backwards(std::size_t log, std::vector<Found>& found);
  Status find_forwards(std::size_t log, std::vector<Found>& found);
  Status show(const std::vector<Found>& found, const EventSink& sink);
  [[nodiscard]] bool wants_index() const;

  std::vector<OpenLog> logs_;
  std::vector<LogPosition> positions_;
  Selection selection_;
  Settings settings_;
  bool begins_within_ = false;
  std::size_t kept_bytes_ = 0;
  EventView event_;
};

}  // namespace modgate
