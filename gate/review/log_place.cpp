// SPDX-License-Identifier: Apache-2.0
#include "gate/review/log_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"

namespace modgate {

Result<std::uint64_t> end_of_lines(const Fd& file, const std::string& name) {
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) return log_error(name, errno);
  auto end = static_cast<std::uint64_t>(state.st_size);
  std::string block(4096, '\0');
  const std::uint64_t least = end > LineReader::kLongest ? end - LineReader::kLongest : 0;
  while (end > least) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end));
    const ssize_t got = ::pread(file.get(), block.data(), wanted, static_cast<off_t>(end - wanted));
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(wanted)) return log_error(name, got < 0 ? errno : EIO);
    const std::size_t newline = std::string_view(block.data(), wanted).rfind('\n');
    if (newline != std::string_view::npos) return end - wanted + newline + 1;
    end -= wanted;
  }
  if (end > 0) {
    return Error{Outcome::failed, name +
                                      " ends with a line that is too long; see: modgate log "
                                      "verify"};
  }
  return std::uint64_t{0};
}

Result<OpenLog> open_log(const std::string& path) {
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    const int code = errno;
    const std::string advice =
        code == EACCES ? "; members of the group modgate-audit may read it" : "";
    return Error{Outcome::failed, "cannot open " + path + ": " + std::strerror(code) + advice,
                 code};
  }
  return OpenLog{path, std::move(directory)};
}

Result<LogPosition> end_of_log(const OpenLog& log) {
  auto segments = list_segments(log.directory.get());
  if (!segments) return segments.error();
  if (segments->empty()) return LogPosition{};
  const Segment& last = segments->back();
  auto file = open_segment(log.directory.get(), last.name, O_RDONLY);
  if (!file) return file.error();
  auto end = end_of_lines(*file, last.name);
  if (!end) return end.error();
  return LogPosition{last.first, *end};
}

}  // namespace modgate
