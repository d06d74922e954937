// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/tree_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

constexpr std::uint64_t kHashBytes = std::tuple_size_v<Digest>;
constexpr unsigned kMostLevels = 63;

/// How many hashes a tree of `size` leaves has stored.
std::uint64_t stored_hashes(std::uint64_t size) {
  return 2 * size - static_cast<std::uint64_t>(std::popcount(size));
}

/// Where the hash of a perfect subtree stands: those of its own levels below are right before it.
std::uint64_t place_of(unsigned level, std::uint64_t index) {
  const std::uint64_t last_leaf = ((index + 1) << level) - 1;
  return stored_hashes(last_leaf) + level;
}

}  // namespace

Result<TreeFile> TreeFile::with(Fd file) {
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) return log_error(kName, errno);
  const auto bytes = static_cast<std::uint64_t>(state.st_size);
  return TreeFile(std::move(file), bytes - bytes % kHashBytes);
}

Result<TreeFile> TreeFile::open_for_writing(int directory) {
  Fd made(::openat(directory, kName, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (made) return with(std::move(made));
  if (errno != EEXIST) return log_error(kName, errno);
  auto file = open_segment(directory, kName, O_RDWR);
  if (!file) return file.error();
  return with(std::move(*file));
}

Result<TreeFile> TreeFile::open_for_reading(int directory) {
  auto file = open_segment(directory, kName, O_RDONLY);
  if (!file) return file.error();
  return with(std::move(*file));
}

std::uint64_t TreeFile::size() const noexcept {
  const std::uint64_t hashes = (bytes_ + waiting_.size()) / kHashBytes;
  std::uint64_t size = hashes / 2;
  // stored_hashes(n) lies between 2n - 64 and 2n.
  while (stored_hashes(size + 1) <= hashes) ++size;
  return size;
}

Result<Digest> TreeFile::at(std::uint64_t place) const {
  const std::uint64_t from = place * kHashBytes;
  Digest hash{};
  if (from >= bytes_) {
    const std::uint64_t behind = from - bytes_;
    if (behind + kHashBytes > waiting_.size()) {
      return Error{Outcome::failed, "the file of the log's tree does not reach so far"};
    }
    std::copy_n(waiting_.begin() + static_cast<std::ptrdiff_t>(behind), kHashBytes, hash.begin());
    return hash;
  }
  std::size_t done = 0;
  while (done < hash.size()) {
    const ssize_t got = ::pread(file_.get(), hash.data() + done, hash.size() - done,
                                static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return log_error(kName, errno);
    if (got == 0) return Error{Outcome::failed, "the file of the log's tree was cut off"};
    done += static_cast<std::size_t>(got);
  }
  return hash;
}

SubtreeHash TreeFile::subtree() const {
  return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
    if (level > kMostLevels || ((index + 1) << level >> level) != index + 1) {
      return Error{Outcome::failed, "no such subtree"};
    }
    return at(place_of(level, index));
  };
}

Status TreeFile::cut(std::uint64_t size) {
  const std::uint64_t bytes = stored_hashes(size) * kHashBytes;
  if (bytes > bytes_) return Error{Outcome::failed, "the file of the log's tree is shorter"};
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) return log_error(kName, errno);
  bytes_ = bytes;
  waiting_.clear();
  whole_ = true;
  return Done{};
}

void TreeFile::append(const Digest& hash) {
  if (!whole_) return;
  if (waiting_.size() >= kMostWaiting) {
    // Too much of it would be missing to go on behind it.
    waiting_.clear();
    whole_ = false;
    return;
  }
  waiting_.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

Status TreeFile::flush() {
  std::size_t done = 0;
  while (done < waiting_.size()) {
    const ssize_t written = ::pwrite(file_.get(), waiting_.data() + done, waiting_.size() - done,
                                     static_cast<off_t>(bytes_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return log_error(kName, errno);
    done += static_cast<std::size_t>(written);
  }
  bytes_ += waiting_.size();
  waiting_.clear();
  return Done{};
}

Status TreeFile::sync() {
  if (::fdatasync(file_.get()) != 0) return log_error(kName, errno);
  return Done{};
}

}  // namespace modgate
