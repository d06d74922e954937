// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/evidence/compact_range.h"
#include "gate/evidence/merkle.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// The hashes of the log's Merkle tree, in the file `tree` beside its segments: 32 bytes for each
/// leaf and for each perfect subtree, in the order in which they become known (the order of
/// golang.org/x/mod/sumdb/tlog, StoredHashIndex), so less than 64 bytes a record. Any proof takes a
/// handful of them, whatever the log's size, and old records stay provable when their segments are
/// put away.
///
/// The file is a cache: nobody signed it. What is made of it is to be checked against a signed
/// root.
class TreeFile {
 public:
  static constexpr const char* kName = "tree";

  /// Opens the file for the log's single writer; makes an empty one where there is none.
  static Result<TreeFile> open_for_writing(int directory);
  /// Opens the file of a log that somebody else may be writing.
  static Result<TreeFile> open_for_reading(int directory);

  /// Leaves of the largest tree that the file holds whole.
  [[nodiscard]] std::uint64_t size() const noexcept;

  /// Hashes of this file's perfect subtrees; an error for what it does not hold. Valid while the
  /// file is.
  [[nodiscard]] SubtreeHash subtree() const;

  /// Makes the file end with the tree of `size` leaves, which it holds.
  Status cut(std::uint64_t size);

  /// Adds hashes behind the end, in the order of CompactRange::Completed. They are known at once
  /// and reach the file with flush().
  void append(const Digest& hash);

  /// Writes what was appended. After an error it is still held, and the next flush() tries again;
  /// what waits is bounded by kMostWaiting, beyond which nothing of it is kept but is_whole() is
  /// false.
  Status flush();
  /// Puts what was flushed on disk.
  Status sync();
  static constexpr std::size_t kMostWaiting = std::size_t{1} << 20U;
  [[nodiscard]] bool is_whole() const noexcept { return whole_; }

 private:
  explicit TreeFile(Fd file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}
  static Result<TreeFile> with(Fd file);
  [[nodiscard]] Result<Digest> at(std::uint64_t place) const;

  Fd file_;
  std::uint64_t bytes_ = 0;  ///< in the file, of whole hashes
  std::string waiting_;      ///< behind them
  bool whole_ = true;
};

}  // namespace modgate
