// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "modgate/handle.h"

namespace modgate {

/// Reads a segment line by line from the descriptor's offset, in memory that does not grow with the
/// file.
class LineReader {
 public:
  /// No line of the log is longer; what is longer is damage.
  static constexpr std::size_t kLongest = std::size_t{512} * 1024;

  enum class Found {
    line,      ///< a whole line
    end,       ///< no further whole line now; next() may be asked again when the file has grown
    too_long,  ///< kLongest bytes without a newline; reading ends here
    failed,    ///< read(2) failed with error_code()
  };

  explicit LineReader(Fd file) : file_(std::move(file)) {}

  /// The next line, without its newline; valid until the next call.
  Found next(std::string_view& line);

  /// Reads what is left and says whether there is a newline in it; after too_long. A read error
  /// counts as one.
  bool rest_has_newline();

  /// Offset behind the last whole line.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  /// How many bytes behind the last whole line have been read: those of a torn line.
  [[nodiscard]] std::size_t rest_bytes() const noexcept { return buffer_.size() - begin_; }
  [[nodiscard]] int error_code() const noexcept { return error_code_; }

 private:
  bool read_more();

  Fd file_;
  std::string buffer_;
  std::size_t begin_ = 0;     ///< of what was not given out yet
  std::size_t searched_ = 0;  ///< up to here there is no newline
  std::uint64_t offset_ = 0;
  int error_code_ = 0;
};

}  // namespace modgate
