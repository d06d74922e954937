// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/line_reader.h"

#include <unistd.h>

#include <cerrno>

namespace modgate {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

}  // namespace

bool LineReader::read_more() {
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kChunk);
  ssize_t got = -1;
  do {
    got = ::read(file_.get(), buffer_.data() + had, kChunk);
  } while (got < 0 && errno == EINTR);
  error_code_ = got < 0 ? errno : 0;
  buffer_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
  return got > 0;
}

LineReader::Found LineReader::next(std::string_view& line) {
  while (true) {
    const std::size_t newline = buffer_.find('\n', searched_);
    if (newline != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, newline - begin_);
      offset_ += newline + 1 - begin_;
      begin_ = newline + 1;
      searched_ = begin_;
      return Found::line;
    }
    searched_ = buffer_.size();
    if (rest_bytes() > kLongest) return Found::too_long;
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    if (!read_more()) return error_code_ != 0 ? Found::failed : Found::end;
  }
}

bool LineReader::rest_has_newline() {
  do {
    if (buffer_.find('\n', begin_) != std::string::npos) return true;
    buffer_.clear();
    begin_ = 0;
    searched_ = 0;
  } while (read_more());
  return error_code_ != 0;
}

}  // namespace modgate
