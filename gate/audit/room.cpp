// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/room.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

/// Asked for on top, so that not every record costs a system call.
constexpr std::uint64_t kAhead = std::uint64_t{128} * 1024;
/// What must be free beyond the need where no space can be set aside.
constexpr std::uint64_t kMargin = std::uint64_t{1024} * 1024;

int allocate(int file, std::uint64_t size, std::uint64_t bytes) {
  int result = -1;
  do {
    // KEEP_SIZE: posix_fallocate(3) would fill the log with NULs.
    result =
        ::fallocate(file, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size), static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

Status is_free(int file, std::uint64_t bytes) {
  struct statvfs state = {};
  if (::fstatvfs(file, &state) != 0) return log_error("free space", errno);
  // A file system that counts no blocks (ramfs) has no limit to ask for.
  if (state.f_blocks == 0) return Done{};
  const std::uint64_t free_bytes = state.f_bavail * state.f_frsize;
  if (free_bytes >= bytes + kMargin) {
    return Done{};
  }
  return log_error("no room", ENOSPC);
}

}  // namespace

Status Room::ensure(int file, std::uint64_t size, std::uint64_t bytes) {
  if (size + bytes <= end_) return Done{};
  int code = allocate(file, size, bytes + kAhead);
  if (code == 0) {
    end_ = size + bytes + kAhead;
    return Done{};
  }
  if (code == EOPNOTSUPP || code == ENOSYS) return is_free(file, bytes);
  code = allocate(file, size, bytes);
  if (code != 0) return log_error("no room", code);
  end_ = size + bytes;
  return Done{};
}

}  // namespace modgate
