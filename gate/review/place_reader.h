// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gate/review/log_place.h"

namespace modgate {

/// Reads single lines of a log.
class PlaceReader {
 public:
  /// `log` must outlive the reader.
  explicit PlaceReader(const OpenLog& log) : log_(&log) {}

  /// The line at `place`; valid until the next call. Outcome::rejected where no whole line of that
  /// length stands there.
  Result<std::string_view> read(const LinePlace& place);

 private:
  Status fill(std::uint64_t from, std::size_t least);

  const OpenLog* log_;
  std::uint64_t segment_ = 0;
  Fd file_;
  std::string window_;
  std::size_t piece_ = 0;    ///< that was read last
  std::uint64_t begin_ = 0;  ///< of window_ in the file
};

}  // namespace modgate
