// SPDX-License-Identifier: Apache-2.0
#include "gate/module/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "gate/module/module_name.h"

namespace modgate {
namespace {

// From Linux 6.3; C libraries learned the name later.
constexpr unsigned int kNoExecSeal = 0x0008U;
constexpr int kAllSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Status write_all(int image, const std::uint8_t* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t put = ::write(image, bytes, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Error{Outcome::unavailable, "an image cannot be written", errno};
    bytes += put;
    count -= static_cast<std::size_t>(put);
  }
  return Done{};
}

}  // namespace

bool is_regular_and_readable(int file) noexcept {
  const int flags = ::fcntl(file, F_GETFL);
  // O_PATH is not among the access modes, and gives no right to read.
  if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY) return false;
  struct stat state = {};
  return ::fstat(file, &state) == 0 && S_ISREG(state.st_mode);
}

Result<Compression> compression_of(int file) {
  using namespace std::string_view_literals;
  constexpr std::array<std::pair<std::string_view, Compression>, 3> kMagics{{
      {"\x28\xB5\x2F\xFD"sv, Compression::zstd},
      {"\xFD\x37\x7A\x58\x5A\x00"sv, Compression::xz},
      {"\x1F\x8B"sv, Compression::gzip},
  }};
  std::array<char, 6> first{};
  ssize_t got = -1;
  do {
    got = ::pread(file, first.data(), first.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Error{Outcome::rejected, "the module's file cannot be read", errno};
  const std::string_view start(first.data(), static_cast<std::size_t>(got));
  for (const auto& [magic, compression] : kMagics) {
    if (start.starts_with(magic)) return compression;
  }
  return Compression::none;
}

Result<Fd> new_image(const std::string& name) {
  if (!is_canonical_name(name)) {
    return Error{Outcome::unavailable, "not a name for an image", EINVAL};
  }
  const std::string label = "modgate:" + name;
  Fd image(::memfd_create(label.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal));
  if (!image && errno == EINVAL) {
    image = Fd(::memfd_create(label.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  if (!image) return Error{Outcome::unavailable, "an image cannot be made", errno};
  return image;
}

Status copy_into_image(int file, int image, std::uint64_t max_bytes) {
  struct stat state = {};
  if (::fstat(file, &state) != 0) {
    return Error{Outcome::rejected, "the module's file cannot be examined", errno};
  }
  if (!S_ISREG(state.st_mode)) {
    return Error{Outcome::rejected, "the module's file is not a regular file"};
  }
  std::vector<std::uint8_t> block(std::size_t{256} * 1024);
  std::uint64_t total = 0;
  for (;;) {
    // The file may grow while it is read: what counts is what was read.
    const ssize_t got = ::pread(file, block.data(), block.size(), static_cast<off_t>(total));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Outcome::rejected, "the module's file cannot be read", errno};
    if (got == 0) return Done{};
    const auto count = static_cast<std::size_t>(got);
    if (count > max_bytes - total) {
      return Error{Outcome::rejected,
                   "the module is larger than " + std::to_string(max_bytes) + " bytes", EFBIG};
    }
    if (auto put = write_all(image, block.data(), count); !put) return put;
    total += count;
  }
}

Status seal_image(int image) {
  if (::fcntl(image, F_ADD_SEALS, kAllSeals) != 0) {
    return Error{Outcome::unavailable, "an image cannot be sealed", errno};
  }
  if (!is_sealed(image)) return Error{Outcome::unavailable, "an image is not sealed", EPERM};
  return Done{};
}

bool is_roots_own(int file) noexcept {
  const int flags = ::fcntl(file, F_GETFL);
  struct stat state = {};
  return flags >= 0 && (flags & (O_ACCMODE | O_PATH)) == O_RDONLY && ::fstat(file, &state) == 0 &&
         S_ISREG(state.st_mode) && state.st_uid == 0 && (state.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool is_sealed(int image) noexcept {
  const int seals = ::fcntl(image, F_GET_SEALS);
  return seals >= 0 && (seals & kAllSeals) == kAllSeals;
}

}  // namespace modgate
