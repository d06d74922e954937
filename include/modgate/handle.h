// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <memory>
#include <utility>

namespace modgate {

/// The one owner of a file descriptor. Move-only; never converts to int by itself.
class [[nodiscard]] Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    // The result is of no use: on Linux the descriptor is gone whatever close(2) says.
    if (fd_ >= 0) static_cast<void>(::close(std::exchange(fd_, -1)));
  }

 private:
  int fd_ = -1;
};

template <auto Release>
struct CDelete {
  template <class T>
  void operator()(T* handle) const noexcept {
    static_cast<void>(Release(handle));
  }
};

/// The one owner of an object of a C library, given back with `Release`.
template <class T, auto Release>
using CHandle = std::unique_ptr<T, CDelete<Release>>;

}  // namespace modgate
