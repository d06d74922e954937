// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/review/log_place.h"
#include "gate/review/sqlite.h"

namespace modgate {

/// A segment as far as it has been indexed.
struct IndexedSegment {
  std::uint64_t first = 0;  ///< sequence number in its name
  std::uint64_t bytes = 0;
  std::int64_t first_id = 1;  ///< of its first line
  std::int64_t rows = 0;      ///< one a line
  std::string digest;         ///< chained over its lines
  std::string last_line;      ///< chain_hash() of the last
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  ///< st_ctime, before it was read
};

/// A stored outcome as a number. Most events are `done`: no index leads to these.
inline constexpr std::int64_t kDoneCode = 1;
std::int64_t outcome_code(std::string_view outcome) noexcept;

/// Makes the tables of an empty database. Outcome::failed where they are another version's.
Status make_index_tables(SqlDatabase& database);

Result<std::vector<IndexedSegment>> indexed_segments(SqlDatabase& database);
Status store_segment(SqlDatabase& database, const IndexedSegment& segment);

/// Whether what was indexed is still what stands in the log.
Result<bool> index_fits(SqlDatabase& database, const OpenLog& log);

/// Whether the lines of a segment, as far as it was indexed, are still the same: all are read.
Result<bool> has_same_lines(const OpenLog& log, const IndexedSegment& segment);

/// The next value of a digest that is chained over lines.
std::string chained(const std::string& digest, std::string_view line_hash);

}  // namespace modgate
