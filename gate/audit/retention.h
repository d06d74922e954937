// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// How long records are kept. Only whole segments are removed, never the newest.
struct RetentionSettings {
  std::uint64_t keep_days = 0;   ///< a segment whose last record is older may go; 0: none is
  std::uint64_t keep_bytes = 0;  ///< the oldest go until the log is no larger; 0: no limit

  [[nodiscard]] bool keeps_everything() const noexcept { return keep_days == 0 && keep_bytes == 0; }
};

/// What stays whatever the settings say.
struct RetentionBounds {
  std::uint64_t from_sequence = UINT64_MAX;  ///< this record and all behind it
  std::int64_t from_ms = INT64_MAX;          ///< and what was recorded from this time on
};

/// The segments at the log's beginning that may go now, nullopt where none may.
Result<std::optional<RemovedRecords>> find_removable(int directory,
                                                     const RetentionSettings& settings,
                                                     const RetentionBounds& bounds,
                                                     std::int64_t now_ms);

/// Removes the segments of `removed`, oldest first, so that what a crash leaves is still one log.
/// To be called once the record of it is on disk.
Status remove_segments(int directory, const RemovedRecords& removed);

}  // namespace modgate
