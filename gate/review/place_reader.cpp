// SPDX-License-Identifier: Apache-2.0
#include "gate/review/place_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

/// What is read at once: room for an intent and its outcome, and where lines follow each other more
/// and more.
constexpr std::size_t kLeast = std::size_t{8} * 1024;
constexpr std::size_t kMost = std::size_t{128} * 1024;

Error no_line(const LinePlace& place) {
  return {Outcome::rejected, "no line stands at byte " + std::to_string(place.offset) + " of " +
                                 segment_name(place.segment)};
}

}  // namespace

Status PlaceReader::fill(std::uint64_t from, std::size_t least) {
  const std::uint64_t end = begin_ + window_.size();
  const bool follows = from >= begin_ && from <= end + kLeast;
  piece_ = follows ? std::min(kMost, 2 * piece_) : kLeast;
  window_.resize(std::max(least, piece_));
  begin_ = from;
  ssize_t got = -1;
  do {
    got = ::pread(file_.get(), window_.data(), window_.size(), static_cast<off_t>(from));
  } while (got < 0 && errno == EINTR);
  const int code = errno;
  window_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got < 0) return log_error(segment_name(segment_), code);
  return Done{};
}

Result<std::string_view> PlaceReader::read(const LinePlace& place) {
  if (place.length > LineReader::kLongest) return no_line(place);
  if (!file_ || segment_ != place.segment) {
    auto file = open_segment(log_->directory.get(), segment_name(place.segment), O_RDONLY);
    if (!file) return file.error();
    file_ = std::move(*file);
    segment_ = place.segment;
    window_.clear();
    begin_ = 0;
  }
  // With the newlines before and behind it.
  const std::uint64_t from = place.offset > 0 ? place.offset - 1 : 0;
  const std::size_t least = place.length + 1 + (place.offset > 0 ? 1 : 0);
  if (from < begin_ || from + least > begin_ + window_.size()) {
    if (auto filled = fill(from, least); !filled) return filled.error();
  }
  const std::string_view bytes = std::string_view(window_).substr(from - begin_);
  if (bytes.size() < least) return no_line(place);
  if (place.offset > 0 && bytes.front() != '\n') return no_line(place);
  const std::string_view line = bytes.substr(place.offset - from, place.length + 1);
  if (line.find('\n') != place.length) return no_line(place);
  return line.substr(0, place.length);
}

}  // namespace modgate
