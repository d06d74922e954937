// SPDX-License-Identifier: Apache-2.0
#include "gate/review/log_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

}  // namespace

Status LogStream::open_segment_at(std::uint64_t first, std::uint64_t offset) {
  auto file = open_segment(log_->directory.get(), segment_name(first), O_RDONLY);
  if (!file) return file.error();
  if (::lseek(file->get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return log_error(segment_name(first), errno);
  }
  begin_ = offset;
  position_ = {first, offset};
  reader_.emplace(std::move(*file));
  return Done{};
}

/// Opens the segment behind the current one. False where there is none.
Result<bool> LogStream::go_on() {
  auto segments = list_segments(log_->directory.get());
  if (!segments) return segments.error();
  const auto following =
      std::find_if(segments->begin(), segments->end(), [&](const Segment& segment) {
        return reader_ ? segment.first > position_.segment : segment.first >= position_.segment;
      });
  if (following == segments->end()) return false;
  const bool is_same = following->first == position_.segment;
  if (auto opened = open_segment_at(following->first, is_same ? position_.offset : 0); !opened) {
    return opened.error();
  }
  return true;
}

Result<bool> LogStream::next(std::string_view& line) {
  while (true) {
    const auto found = reader_ ? reader_->next(line) : LineReader::Found::end;
    if (found == LineReader::Found::line) {
      position_.offset = begin_ + reader_->offset();
      return true;
    }
    if (found == LineReader::Found::failed) {
      return log_error(segment_name(position_.segment), reader_->error_code());
    }
    auto more = go_on();
    if (!more) return more.error();
    if (!*more) return false;
  }
}

Status BackwardReader::read_more() {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, begin_));
  std::string more(wanted, '\0');
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t got = ::pread(file_.get(), more.data() + done, wanted - done,
                                static_cast<off_t>(begin_ - wanted + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return log_error("a segment", got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
  buffer_.resize(end_);
  buffer_.insert(0, more);
  begin_ -= wanted;
  end_ += wanted;
  return Done{};
}

Result<bool> BackwardReader::next(std::string_view& line) {
  while (true) {
    // The newline of the line itself is not searched for.
    const std::size_t newline =
        end_ < 2 ? std::string::npos : std::string_view(buffer_).rfind('\n', end_ - 2);
    if (newline != std::string::npos || (begin_ == 0 && end_ > 0)) {
      const std::size_t start = newline == std::string::npos ? 0 : newline + 1;
      line = std::string_view(buffer_).substr(start, end_ - 1 - start);
      end_ = start;
      return true;
    }
    if (begin_ == 0) return false;
    if (end_ > LineReader::kLongest) {
      return Error{Outcome::failed, "a line that is too long; see: modgate log verify"};
    }
    if (auto read = read_more(); !read) return read.error();
  }
}

}  // namespace modgate
