// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/audit/line_scan.h"
#include "gate/audit/log_directory.h"
#include "gate/evidence/merkle.h"
#include "modgate/result.h"

namespace modgate {

/// Where a line stands.
struct SegmentLine {
  std::size_t segment = 0;   ///< which of the log's segments, from 0
  std::uint64_t number = 0;  ///< in it, from 1
};

/// A whole line of the log, with what takes time to find out of it.
struct HashedLine {
  SegmentLine place;
  std::string_view text;  ///< without its newline; valid until the next line is taken
  std::string chain;      ///< chain_hash()
  Digest leaf{};          ///< leaf_hash()
  std::optional<ScannedLine> scanned;
};

/// Where a reading of the log ended.
struct LinesEnd {
  /// A line without an end, or one that is longer than any of the log; nullopt: there was none, or
  /// the lines before it were not all taken.
  std::optional<SegmentLine> torn;
};

/// Reads all lines of the segments and hashes them on all processors, in memory that does not grow
/// with the log. `take` is called with one line after the other in the log's order, whatever the
/// number of processors: from several threads, never from two at once. It returns false for no more
/// lines; what it throws passes through. An error is one of reading.
Result<LinesEnd> for_each_hashed_line(int directory, const std::vector<Segment>& segments,
                                      const std::function<bool(const HashedLine&)>& take);

}  // namespace modgate
