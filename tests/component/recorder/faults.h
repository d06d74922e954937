// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace modgate::sample {

/// What the file system and the clock do to the recorder of a test. It lies in memory that parent
/// and child share, so that a test can change it while the recorder runs. Calls on files of the log
/// alone are counted and spoiled; faults.cpp stands between the program and the C library.
struct Faults {
  std::atomic<int> writes{0};            ///< calls so far
  std::atomic<int> syncs{0};             ///< fdatasync(2)
  std::atomic<int> write_fails_from{0};  ///< the first call that fails, counted from 1; 0: none
  std::atomic<int> write_failures{0};    ///< how many calls fail from there on
  std::atomic<int> write_error{0};
  std::atomic<std::int64_t> write_at_most{0};  ///< bytes that one call takes; 0: all
  std::atomic<int> sync_error{0};
  std::atomic<int> allocate_error{0};
  std::atomic<int> truncate_error{0};
  std::atomic<bool> interrupts{false};       ///< every other call ends with EINTR
  std::atomic<std::int64_t> clock_shift{0};  ///< nanoseconds added to CLOCK_REALTIME
};

/// As long as it lives the calls of this program and its children obey its faults, of which none is
/// active at first.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  [[nodiscard]] Faults& faults() const noexcept { return *faults_; }

 private:
  Faults* faults_;
};

}  // namespace modgate::sample
