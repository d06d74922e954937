// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gate/evidence/compact_range.h"
#include "gate/evidence/merkle.h"

namespace modgate::trees {

/// The digest that 64 hexadecimal digits spell.
inline Digest digest(const std::string& hex) {
  Digest bytes{};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * at, 2), nullptr, 16));
  }
  return bytes;
}

/// A tree in memory that remembers every perfect subtree, and refuses to speak of any other.
class Tree {
 public:
  void append(const Digest& leaf) {
    const std::uint64_t index = range_.size();
    range_.append(leaf, [&](unsigned level, const Digest& hash) {
      hashes_[{level, index >> level}] = hash;
    });
  }
  [[nodiscard]] std::uint64_t size() const { return range_.size(); }
  [[nodiscard]] const CompactRange& range() const { return range_; }
  [[nodiscard]] SubtreeHash subtree() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
      const auto found = hashes_.find({level, index});
      if (found == hashes_.end()) return Error{Outcome::failed, "not a subtree of this tree"};
      return found->second;
    };
  }

 private:
  CompactRange range_;
  std::map<std::pair<unsigned, std::uint64_t>, Digest> hashes_;
};

/// A tree of `size` lines that differ.
inline Tree of_size(std::uint64_t size) {
  Tree tree;
  for (std::uint64_t at = 0; at < size; ++at)
    tree.append(leaf_hash("record " + std::to_string(at)));
  return tree;
}

}  // namespace modgate::trees
