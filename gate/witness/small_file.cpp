// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "modgate/handle.h"

namespace modgate {
namespace {

Error file_error(const std::string& what, const std::string& path) {
  const int code = errno;
  return {Outcome::unavailable, what + ' ' + path + ": " + std::strerror(code), code};
}

bool put(int file, std::string_view bytes, unsigned mode) {
  if (::fchmod(file, mode) != 0) return false;
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  // Not blocking: what should be a file may be a FIFO.
  const Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return file_error("cannot open", path);
  struct stat about = {};
  if (::fstat(file.get(), &about) != 0) return file_error("cannot examine", path);
  if (!S_ISREG(about.st_mode)) return Error{Outcome::unavailable, path + " is no regular file"};
  std::string bytes;
  char block[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("cannot read", path);
    if (got == 0) return bytes;
    if (static_cast<std::size_t>(got) > max_bytes - bytes.size()) {
      return Error{Outcome::unavailable,
                   path + " is longer than " + std::to_string(max_bytes) + " bytes"};
    }
    bytes.append(block, static_cast<std::size_t>(got));
  }
}

Status make_small_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error("cannot make", path);
  if (put(file.get(), bytes, mode)) return Done{};
  const Error failed = file_error("cannot write", path);
  // The error that matters is the first one.
  static_cast<void>(::unlink(path.c_str()));
  return failed;
}

}  // namespace modgate
