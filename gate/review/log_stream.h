// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "gate/audit/line_reader.h"
#include "gate/review/log_place.h"

namespace modgate {

/// The lines of one log from a position on, in order, in memory that does not grow with the log.
class LogStream {
 public:
  /// `log` must outlive the stream.
  LogStream(const OpenLog& log, const LogPosition& from) : log_(&log), position_(from) {}

  /// The next whole line; valid until the next call. False where there is none now: it may be asked
  /// again when the log has grown. A line that is not whole, or longer than any line of a log, is
  /// passed over once another segment follows.
  Result<bool> next(std::string_view& line);

  /// Behind the last line given out.
  [[nodiscard]] const LogPosition& position() const noexcept { return position_; }

 private:
  Status open_segment_at(std::uint64_t first, std::uint64_t offset);
  Result<bool> go_on();

  const OpenLog* log_;
  LogPosition position_;
  std::uint64_t begin_ = 0;  ///< where reader_ began
  std::optional<LineReader> reader_;
};

/// The lines of one segment from its end backwards.
class BackwardReader {
 public:
  /// `end`: behind the newline of the line to begin with.
  BackwardReader(Fd file, std::uint64_t end) : file_(std::move(file)), begin_(end) {}

  /// The line before the last one given out; valid until the next call. False at the beginning.
  Result<bool> next(std::string_view& line);

  /// Of the line that was given out last.
  [[nodiscard]] std::uint64_t offset() const noexcept { return begin_ + end_; }

 private:
  Status read_more();

  Fd file_;
  std::string buffer_;
  std::uint64_t begin_;  ///< of buffer_ in the file
  std::size_t end_ = 0;  ///< in buffer_: behind the newline of the next line
};

}  // namespace modgate
