// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gate/evidence/merkle.h"

namespace modgate {

/// All that has to be remembered of a tree to let it grow and to know its root: the hashes of its
/// greatest perfect subtrees from left to right, one for each bit set in its size (at most 64).
class CompactRange {
 public:
  /// A tree without leaves.
  CompactRange() = default;

  /// The tree of `size` leaves that `subtree` knows; its errors pass through.
  static Result<CompactRange> load(std::uint64_t size, const SubtreeHash& subtree);

  /// Adds a leaf. `completed`, where given, is called with every perfect subtree that this
  /// completes, from the leaf itself (level 0) upwards.
  using Completed = std::function<void(unsigned level, const Digest& hash)>;
  void append(const Digest& leaf, const Completed& completed = {});

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> hashes_;
};

}  // namespace modgate
