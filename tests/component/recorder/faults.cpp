// SPDX-License-Identifier: Apache-2.0
// These definitions come before the C library's for everything in this program.
#include "component/recorder/faults.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>

namespace {

modgate::sample::Faults* active = nullptr;

bool is_of_the_log(int file) {
  if (active == nullptr) return false;
  std::array<char, 64> path = {};
  std::array<char, 512> target = {};
  static_cast<void>(std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", file));
  const auto length = ::readlink(path.data(), target.data(), target.size());
  return length > 0 &&
         std::string_view(target.data(), static_cast<std::size_t>(length)).ends_with(".jsonl");
}

int fails(int error) {
  errno = error;
  return -1;
}

bool is_interrupted() {
  static thread_local bool odd = false;
  odd = active->interrupts && !odd;
  return odd;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t length) {
  if (!is_of_the_log(file)) return ::syscall(SYS_write, file, bytes, length);
  if (is_interrupted()) return fails(EINTR);
  const int call = ++active->writes;
  const int from = active->write_fails_from;
  if (from > 0 && call >= from && call < from + active->write_failures) {
    return fails(active->write_error);
  }
  const auto most = static_cast<std::size_t>(active->write_at_most.load());
  return ::syscall(SYS_write, file, bytes, most > 0 ? std::min(length, most) : length);
}

int fdatasync(int file) {
  if (!is_of_the_log(file)) return static_cast<int>(::syscall(SYS_fdatasync, file));
  ++active->syncs;
  if (active->sync_error != 0) return fails(active->sync_error);
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

int fallocate(int file, int mode, off_t offset, off_t length) {
  if (is_of_the_log(file)) {
    if (is_interrupted()) return fails(EINTR);
    if (active->allocate_error != 0) return fails(active->allocate_error);
  }
  return static_cast<int>(::syscall(SYS_fallocate, file, mode, offset, length));
}

int ftruncate(int file, off_t length) noexcept {
  if (is_of_the_log(file) && active->truncate_error != 0) return fails(active->truncate_error);
  return static_cast<int>(::syscall(SYS_ftruncate, file, length));
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && clock == CLOCK_REALTIME && active != nullptr) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t shifted =
        std::int64_t{now->tv_sec} * kSecond + now->tv_nsec + active->clock_shift;
    now->tv_sec = shifted / kSecond;
    now->tv_nsec = shifted % kSecond;
  }
  return result;
}

}  // extern "C"

namespace modgate::sample {

FaultyDisk::FaultyDisk() {
  void* const shared =
      ::mmap(nullptr, sizeof(Faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  faults_ = new (shared) Faults;
  active = faults_;
}

FaultyDisk::~FaultyDisk() {
  active = nullptr;
  static_cast<void>(::munmap(faults_, sizeof(Faults)));
}

}  // namespace modgate::sample
