// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/state_directory.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace modgate {
namespace {

Status write_all(int file, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(file, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error{Outcome::unavailable, std::strerror(errno), errno};
    done += static_cast<std::size_t>(written);
  }
  return Done{};
}

}  // namespace

Error StateDirectory::failed(const std::string& what, const std::string& name) const {
  const int code = errno;
  return {Outcome::unavailable, what + ' ' + path_ + '/' + name + ": " + std::strerror(code), code};
}

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  StateDirectory state(std::move(directory), path);
  if (!state.directory_) return state.failed("cannot open", "");
  struct stat about = {};
  if (::fstat(state.directory_.get(), &about) != 0) return state.failed("cannot examine", "");
  if (about.st_uid != ::geteuid() || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{Outcome::unavailable,
                 path + " must belong to uid " + std::to_string(::geteuid()) +
                     " and not be writable by group or others: whoever writes there decides what "
                     "is consistent"};
  }
  if (::flock(state.directory_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error{Outcome::unavailable, "another witness uses " + path};
    }
    return state.failed("cannot lock", "");
  }
  return state;
}

std::string StateDirectory::file_name(const std::string& origin) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int bytes = 0;
  if (EVP_Digest(origin.data(), origin.size(), digest.data(), &bytes, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("libcrypto cannot compute SHA-256");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  for (unsigned int at = 0; at < bytes; ++at) {
    name += kDigits[digest[at] >> 4];
    name += kDigits[digest[at] & 15];
  }
  return name + ".checkpoint";
}

Result<std::optional<std::string>> StateDirectory::read(const std::string& origin) const {
  const std::string name = file_name(origin);
  const Fd file(
      ::openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return failed("cannot open", name);
  std::string note(kMostBytes + 1, '\0');
  std::size_t have = 0;
  while (have < note.size()) {
    const ssize_t got = ::read(file.get(), note.data() + have, note.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", name);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have > kMostBytes) {
    return Error{Outcome::unavailable, path_ + '/' + name + " is no checkpoint: it is too long"};
  }
  note.resize(have);
  return std::optional(std::move(note));
}

Status StateDirectory::write(const std::string& origin, const std::string& note) const {
  const std::string name = file_name(origin);
  const std::string fresh = name + ".new";
  const Fd file(::openat(directory_.get(), fresh.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failed("cannot make", fresh);
  if (auto written = write_all(file.get(), note); !written) {
    return Error{Outcome::unavailable, path_ + '/' + fresh + ": " + written.error().message,
                 written.error().code};
  }
  if (::fsync(file.get()) != 0) return failed("cannot put on disk", fresh);
  if (::renameat(directory_.get(), fresh.c_str(), directory_.get(), name.c_str()) != 0) {
    return failed("cannot rename to", name);
  }
  if (::fsync(directory_.get()) != 0) return failed("cannot put on disk", "");
  return Done{};
}

}  // namespace modgate
