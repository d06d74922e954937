// SPDX-License-Identifier: Apache-2.0
#include "gate/config/trusted_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace modgate {
namespace {

Error refused(const std::string& path, const std::string& why, int code) {
  return {Outcome::unavailable, path + " " + why, code};
}

Error cannot(const char* what, const std::string& path) {
  const int code = errno;
  return refused(path, std::string("cannot be ") + what + ": " + std::strerror(code), code);
}

/// The parts of an absolute path; an error for one that does not say plainly where it leads.
Result<std::vector<std::string>> split(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return refused("'" + path + "'", "is not an absolute path", EINVAL);
  }
  if (path.size() >= PATH_MAX || path.find('\0') != std::string::npos) {
    return Error{Outcome::unavailable, "a path that is too long or holds a NUL", ENAMETOOLONG};
  }
  std::vector<std::string> parts;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") {
      return refused(path, "must be written without empty, '.' or '..' parts", EINVAL);
    }
    parts.push_back(part);
    start = end + 1;
  }
  return parts;
}

Status check_owner(int fd, const std::string& path) {
  struct stat state = {};
  if (::fstat(fd, &state) != 0) return cannot("examined", path);
  if (S_ISLNK(state.st_mode)) {
    return refused(path, "is a symbolic link; put the file itself there", ELOOP);
  }
  if (state.st_uid != 0) return refused(path, "does not belong to root; chown root it", EPERM);
  if ((state.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(path, "can be written by group or others; chmod go-w it", EPERM);
  }
  return Done{};
}

/// Walks to the directory that holds the last part.
Result<Fd> open_parent(const std::vector<std::string>& parts) {
  Fd directory(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return cannot("opened", "/");
  if (auto sound = check_owner(directory.get(), "/"); !sound) return sound.error();
  std::string name;
  for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
    name += '/' + parts[at];
    // O_PATH opens a link itself, so that the message can say that it is one.
    Fd next(::openat(directory.get(), parts[at].c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return cannot("opened", name);
    if (auto sound = check_owner(next.get(), name); !sound) return sound.error();
    directory = std::move(next);
  }
  return directory;
}

Result<Fd> open_checked(const std::string& path, int flags) {
  auto parts = split(path);
  if (!parts) return parts.error();
  auto parent = open_parent(*parts);
  if (!parent) return parent.error();
  // Not blocking: what should be a file may be a FIFO.
  Fd file(::openat(parent->get(), parts->back().c_str(),
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags));
  if (!file && errno == ELOOP) {
    return refused(path, "is a symbolic link; put the file itself there", ELOOP);
  }
  if (!file) return cannot("opened", path);
  if (auto sound = check_owner(file.get(), path); !sound) return sound.error();
  return file;
}

}  // namespace

Result<Fd> open_root_owned(const std::string& path) {
  auto file = open_checked(path, 0);
  if (!file) return file.error();
  struct stat state = {};
  if (::fstat(file->get(), &state) != 0) return cannot("examined", path);
  if (!S_ISREG(state.st_mode)) return refused(path, "is not a regular file", EINVAL);
  return file;
}

Result<Fd> open_root_owned_directory(const std::string& path) {
  return open_checked(path, O_DIRECTORY);
}

Result<std::string> read_root_owned(const std::string& path, std::size_t max_bytes) {
  auto file = open_root_owned(path);
  if (!file) return file.error();
  std::string content;
  std::array<char, 16384> block;
  for (;;) {
    const ssize_t got = ::read(file->get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path);
    if (got == 0) return content;
    const auto count = static_cast<std::size_t>(got);
    if (count > max_bytes - content.size()) {
      return refused(path, "is larger than " + std::to_string(max_bytes) + " bytes", EFBIG);
    }
    content.append(block.data(), count);
  }
}

}  // namespace modgate
