// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/audit/search.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// A log's directory, open for reading.
struct OpenLog {
  std::string path;
  Fd directory;
};

/// Opens the directory of a log. Errors are Outcome::failed and say who may; `code` is the errno.
Result<OpenLog> open_log(const std::string& path);

/// Where a line of a log stands.
struct LinePlace {
  std::uint64_t segment = 0;  ///< sequence number in its name
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< without its newline

  friend auto operator<=>(const LinePlace&, const LinePlace&) = default;
};

/// Behind the last newline of an open segment called `name`; 0 where it has none.
Result<std::uint64_t> end_of_lines(const Fd& file, const std::string& name);

/// Behind the last whole line that is in the log now.
Result<LogPosition> end_of_log(const OpenLog& log);

}  // namespace modgate
