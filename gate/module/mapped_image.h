// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

#include "modgate/result.h"

namespace modgate {

/// A whole file in memory, read-only. Of a sealed image it cannot change or shrink while it lives.
class MappedImage {
 public:
  static Result<MappedImage> map(int file) {
    struct stat state = {};
    if (::fstat(file, &state) != 0) {
      return Error{Outcome::unavailable, "the image cannot be examined", errno};
    }
    if (!S_ISREG(state.st_mode) || state.st_size <= 0) {
      return Error{Outcome::rejected, "it is empty"};
    }
    const auto size = static_cast<std::size_t>(state.st_size);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (memory == MAP_FAILED) {
      return Error{Outcome::unavailable, "the image cannot be mapped", errno};
    }
    return MappedImage({static_cast<const std::uint8_t*>(memory), size});
  }

  MappedImage(MappedImage&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedImage& operator=(MappedImage&&) = delete;
  MappedImage(const MappedImage&) = delete;
  MappedImage& operator=(const MappedImage&) = delete;
  ~MappedImage() {
    // It can only fail for an address that was never mapped.
    if (!bytes_.empty()) {
      static_cast<void>(::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size()));
    }
  }

  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedImage(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}
  std::span<const std::uint8_t> bytes_;
};

}  // namespace modgate
