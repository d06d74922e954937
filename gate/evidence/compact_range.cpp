// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/compact_range.h"

#include <bit>

namespace modgate {

Result<CompactRange> CompactRange::load(std::uint64_t size, const SubtreeHash& subtree) {
  CompactRange range;
  range.size_ = size;
  std::uint64_t begin = 0;
  for (std::uint64_t left = size; left > 0;) {
    const std::uint64_t whole = std::bit_floor(left);
    const auto level = static_cast<unsigned>(std::countr_zero(whole));
    auto hash = subtree(level, begin >> level);
    if (!hash) return hash.error();
    range.hashes_.push_back(*hash);
    begin += whole;
    left -= whole;
  }
  return range;
}

void CompactRange::append(const Digest& leaf, const Completed& completed) {
  Digest hash = leaf;
  unsigned level = 0;
  if (completed) completed(level, hash);
  for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
    hash = node_hash(hashes_.back(), hash);
    hashes_.pop_back();
    ++level;
    if (completed) completed(level, hash);
  }
  hashes_.push_back(hash);
  ++size_;
}

Digest CompactRange::root() const {
  if (hashes_.empty()) return empty_root();
  Digest joined = hashes_.back();
  for (std::size_t at = hashes_.size() - 1; at-- > 0;) joined = node_hash(hashes_[at], joined);
  return joined;
}

}  // namespace modgate
