// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/log_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "gate/audit/line_reader.h"

namespace modgate {
namespace {

constexpr std::size_t kDigits = 18;
constexpr std::string_view kEnding = ".jsonl";

/// What the administrator does about an error of the file system; empty where the words say it all.
std::string advice_on(int code) {
  const std::string nothing = "; nothing is granted until ";
  switch (code) {
    case ENOSPC:
      return nothing + "the file system has free space and inodes again";
    case EDQUOT:
      return nothing + "the quota of modgate-audit is raised or some of it is free again";
    case EROFS:
      return nothing + "the file system is writable again";
    case EIO:
      return "; the disk may be failing: look at the kernel's log (journalctl -k)";
    default:
      return {};
  }
}

using Directory = CHandle<DIR, ::closedir>;

Status check_directory(const Fd& directory, const std::string& path) {
  struct stat state = {};
  if (::fstat(directory.get(), &state) != 0) return log_error(path, errno);
  if (state.st_uid != ::geteuid()) {
    return Error{Outcome::unavailable, "the audit log's directory " + path + " belongs to uid " +
                                           std::to_string(state.st_uid) + " and not to uid " +
                                           std::to_string(::geteuid()) + ", who writes the log"};
  }
  if ((state.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{Outcome::unavailable,
                 "the audit log's directory " + path + " is writable by group or others"};
  }
  return Done{};
}

}  // namespace

Error log_error(const std::string& what, int code) {
  return {Outcome::unavailable,
          "the audit log: " + what + ": " + std::strerror(code) + advice_on(code), code};
}

std::string segment_name(std::uint64_t first_sequence) {
  std::string digits = std::to_string(first_sequence);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits + std::string(kEnding);
}

std::optional<std::uint64_t> first_record_of(std::string_view segment) noexcept {
  if (segment.size() != kDigits + kEnding.size() || !segment.ends_with(kEnding))
    return std::nullopt;
  std::uint64_t first = 0;
  const char* const end = segment.data() + kDigits;
  const auto parsed = std::from_chars(segment.data(), end, first);
  if (parsed.ec != std::errc() || parsed.ptr != end || first == 0) return std::nullopt;
  return first;
}

Result<Fd> open_log_directory(const std::string& path) {
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return log_error(path, errno);
  if (auto sound = check_directory(directory, path); !sound) return sound.error();
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error{Outcome::unavailable, "another process writes the audit log in " + path};
    }
    return log_error("lock " + path, errno);
  }
  return directory;
}

Result<std::vector<Segment>> list_segments(int directory) {
  Fd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return log_error("its directory", errno);
  const Directory stream(::fdopendir(again.get()));
  if (!stream) return log_error("its directory", errno);
  // From here on the stream owns the descriptor (fdopendir(3)).
  static_cast<void>(again.release());
  std::vector<Segment> segments;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    if (const auto first = first_record_of(entry->d_name))
      segments.push_back({*first, entry->d_name});
  }
  if (errno != 0) return log_error("its directory", errno);
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.first < b.first; });
  return segments;
}

Result<Fd> open_segment(int directory, const std::string& name, int flags) {
  // O_NONBLOCK, so that a FIFO under the name cannot hold us before it is refused.
  Fd file(::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file) return log_error(name, errno);
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) return log_error(name, errno);
  if (!S_ISREG(state.st_mode)) {
    return Error{Outcome::unavailable, "the audit log: " + name + " is no regular file"};
  }
  return file;
}

Result<Fd> create_log_file(int directory, const std::string& name) {
  Fd file(::openat(directory, name.c_str(),
                   O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!file) return log_error(name, errno);
  return file;
}

Status write_all(int file, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return log_error(name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

Result<std::string> numbered_line(int directory, std::uint64_t sequence) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  const auto behind = std::upper_bound(
      segments->begin(), segments->end(), sequence,
      [](std::uint64_t wanted, const Segment& segment) { return wanted < segment.first; });
  if (behind == segments->begin()) return std::string();
  const Segment& segment = *std::prev(behind);
  auto file = open_segment(directory, segment.name, O_RDONLY);
  if (!file) return file.error();
  LineReader reader(std::move(*file));
  std::string_view line;
  for (std::uint64_t at = segment.first;; ++at) {
    const auto found = reader.next(line);
    if (found == LineReader::Found::failed) return log_error(segment.name, reader.error_code());
    if (found != LineReader::Found::line) return std::string();
    if (at == sequence) return std::string(line);
  }
}

Result<std::string> last_line(int directory, const std::string& name) {
  auto file = open_segment(directory, name, O_RDONLY);
  if (!file) return file.error();
  const off_t size = ::lseek(file->get(), 0, SEEK_END);
  if (size < 0) return log_error(name, errno);
  // Two lines of the greatest length hold the last one whole.
  const off_t from = std::max<off_t>(0, size - 2 * static_cast<off_t>(LineReader::kLongest));
  if (::lseek(file->get(), from, SEEK_SET) < 0) return log_error(name, errno);
  LineReader reader(std::move(*file));
  std::string last;
  std::string_view line;
  while (true) {
    switch (reader.next(line)) {
      case LineReader::Found::line:
        last = line;
        continue;
      case LineReader::Found::end:
        if (reader.rest_bytes() == 0) return last;
        [[fallthrough]];
      case LineReader::Found::too_long:
        return Error{Outcome::failed, name + " does not end with a whole line"};
      case LineReader::Found::failed:
        return log_error(name, reader.error_code());
    }
  }
}

}  // namespace modgate
