// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/merkle.h"

#include <algorithm>
#include <bit>

#include "gate/evidence/sha256.h"

namespace modgate {
namespace {

constexpr std::string_view kLeafPrefix("\x00", 1);
constexpr std::string_view kNodePrefix("\x01", 1);

std::string_view digest_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Largest power of two below `size`, which is at least 2.
std::uint64_t split_of(std::uint64_t size) { return std::bit_floor(size - 1); }

/// The hash over `count` leaves from `begin` on, which is a multiple of a power of two that is at
/// least `count`: the perfect subtrees in it, joined from the right.
Result<Digest> range_hash(std::uint64_t begin, std::uint64_t count, const SubtreeHash& subtree) {
  std::vector<Digest> hashes;
  while (count > 0) {
    const std::uint64_t whole = std::bit_floor(count);
    const auto level = static_cast<unsigned>(std::countr_zero(whole));
    auto hash = subtree(level, begin >> level);
    if (!hash) return hash.error();
    hashes.push_back(*hash);
    begin += whole;
    count -= whole;
  }
  if (hashes.empty()) return empty_root();
  Digest joined = hashes.back();
  for (std::size_t at = hashes.size() - 1; at-- > 0;) joined = node_hash(hashes[at], joined);
  return joined;
}

}  // namespace

Digest leaf_hash(std::string_view line) { return sha256({kLeafPrefix, line}); }

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({kNodePrefix, digest_bytes(left), digest_bytes(right)});
}

Digest empty_root() { return sha256({}); }

Result<Digest> tree_root(std::uint64_t size, const SubtreeHash& subtree) {
  return range_hash(0, size, subtree);
}

Result<MerkleProof> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const SubtreeHash& subtree) {
  if (index >= size) return Error{Outcome::usage, "the tree has no such leaf"};
  MerkleProof proof;
  std::uint64_t begin = 0;
  while (size > 1) {
    const std::uint64_t split = split_of(size);
    const bool left = index - begin < split;
    auto sibling =
        left ? range_hash(begin + split, size - split, subtree) : range_hash(begin, split, subtree);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    if (left) {
      size = split;
    } else {
      begin += split;
      size -= split;
    }
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<MerkleProof> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                      const SubtreeHash& subtree) {
  if (old_size > size) return Error{Outcome::usage, "the older tree is the larger one"};
  MerkleProof proof;
  if (old_size == 0 || old_size == size) return proof;
  std::uint64_t begin = 0;
  bool is_old_root =
      true;  // the old root is known to who asks, unless a step to the right was made
  while (old_size != size) {
    const std::uint64_t split = split_of(size);
    const bool left = old_size <= split;
    auto sibling =
        left ? range_hash(begin + split, size - split, subtree) : range_hash(begin, split, subtree);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    if (left) {
      size = split;
    } else {
      begin += split;
      old_size -= split;
      size -= split;
      is_old_root = false;
    }
  }
  if (!is_old_root) {
    auto old = range_hash(begin, size, subtree);
    if (!old) return old.error();
    proof.push_back(*old);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool proves_inclusion(const MerkleProof& proof, std::uint64_t index, std::uint64_t size,
                      const Digest& leaf, const Digest& root) {
  if (index >= size || proof.size() > kMostProofHashes) return false;
  std::uint64_t at = index;
  std::uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((at & 1U) != 0 || at == last) {
      hash = node_hash(sibling, hash);
      while ((at & 1U) == 0 && at != 0) {
        at >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    at >>= 1U;
    last >>= 1U;
  }
  return last == 0 && hash == root;
}

bool proves_consistency(const MerkleProof& proof, std::uint64_t old_size, const Digest& old_root,
                        std::uint64_t size, const Digest& root) {
  if (old_size > size || proof.size() > kMostProofHashes) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == empty_root();
  std::uint64_t at = old_size - 1;
  std::uint64_t last = size - 1;
  while ((at & 1U) != 0) {
    at >>= 1U;
    last >>= 1U;
  }
  // A perfect old tree is itself the first node, which the proof leaves out.
  auto next = proof.begin();
  if (next == proof.end()) return false;
  Digest old_hash = at == 0 ? old_root : *next++;
  Digest hash = old_hash;
  for (; next != proof.end(); ++next) {
    if (last == 0) return false;
    if ((at & 1U) != 0 || at == last) {
      old_hash = node_hash(*next, old_hash);
      hash = node_hash(*next, hash);
      while ((at & 1U) == 0 && at != 0) {
        at >>= 1U;
        last >>= 1U;
      }
    } else {
      hash = node_hash(hash, *next);
    }
    at >>= 1U;
    last >>= 1U;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace modgate
