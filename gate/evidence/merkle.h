// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// The Merkle tree of RFC 6962 section 2.1 over SHA-256: leaves are whole lines of the log, in
/// their order and without their newlines, counted from 0.

/// SHA-256(0x00 || line).
Digest leaf_hash(std::string_view line);
/// SHA-256(0x01 || left || right).
Digest node_hash(const Digest& left, const Digest& right);
/// The root of a tree without leaves: SHA-256 of nothing.
Digest empty_root();

/// What proves that a leaf or a smaller tree is in a tree; at most kMostProofHashes.
using MerkleProof = std::vector<Digest>;
inline constexpr std::size_t kMostProofHashes = 64;

/// The hash of the perfect subtree over the 2^level leaves from leaf index * 2^level on. Whoever
/// makes a proof is asked only for subtrees that the tree holds whole.
using SubtreeHash = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

/// The root of the tree over the first `size` leaves.
Result<Digest> tree_root(std::uint64_t size, const SubtreeHash& subtree);

/// PATH(index, D[size]) of RFC 6962: from the leaf's sibling up to the root's child.
/// Outcome::usage where there is no such leaf in the tree.
Result<MerkleProof> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const SubtreeHash& subtree);

/// PROOF(old_size, D[size]) of RFC 6962; empty for equal sizes and for an old size of 0 (which
/// every tree extends). Outcome::usage where the old tree is the larger one.
Result<MerkleProof> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                      const SubtreeHash& subtree);

/// Whether `leaf` is leaf number `index` of the tree of `size` leaves with this root (RFC 9162
/// section 2.1.3.2).
bool proves_inclusion(const MerkleProof& proof, std::uint64_t index, std::uint64_t size,
                      const Digest& leaf, const Digest& root);

/// Whether the tree of `size` leaves begins with that of `old_size` (RFC 9162 section 2.1.4.2).
bool proves_consistency(const MerkleProof& proof, std::uint64_t old_size, const Digest& old_root,
                        std::uint64_t size, const Digest& root);

}  // namespace modgate
