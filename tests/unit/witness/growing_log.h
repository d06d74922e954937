// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catch.h"
#include "gate/evidence/base64.h"
#include "gate/evidence/checkpoint.h"
#include "gate/evidence/merkle.h"
#include "gate/evidence/signing_key.h"

namespace modgate::sample {

inline SigningKey fresh_key() {
  auto key = SigningKey::generate();
  REQUIRE(key);
  return std::move(*key);
}

/// A log of as many records as a test asks for. One with another `story` is a fork of it that parts
/// from it behind the record number `parting`.
class GrowingLog {
 public:
  explicit GrowingLog(std::string origin, std::string story = "a", std::uint64_t parting = 0)
      : origin_(std::move(origin)), story_(std::move(story)), parting_(parting) {}

  [[nodiscard]] Digest root(std::uint64_t size) const {
    auto root = tree_root(size, hashes());
    REQUIRE(root);
    return *root;
  }

  [[nodiscard]] MerkleProof proof(std::uint64_t old_size, std::uint64_t size) const {
    auto proof = consistency_proof(old_size, size, hashes());
    REQUIRE(proof);
    return *proof;
  }

  [[nodiscard]] SignedCheckpoint checkpoint(std::uint64_t size, const SigningKey& key) const {
    auto made = sign_checkpoint({origin_, size, root(size)}, key);
    REQUIRE(made);
    return *made;
  }

  /// The body of an add-checkpoint request.
  [[nodiscard]] std::string body(std::uint64_t old_size, std::uint64_t size,
                                 const SigningKey& key) const {
    return body_of(old_size, old_size <= size ? proof(old_size, size) : MerkleProof(),
                   checkpoint(size, key));
  }

  static std::string body_of(std::uint64_t old_size, const MerkleProof& proof,
                             const SignedCheckpoint& checkpoint) {
    std::string body = "old " + std::to_string(old_size) + '\n';
    for (const Digest& hash : proof) {
      body += encode_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '\n';
    }
    return body + '\n' + format_note(checkpoint.note);
  }

 private:
  [[nodiscard]] Digest subtree(unsigned level, std::uint64_t index) const {
    if (level == 0) {
      return leaf_hash((index < parting_ ? std::string("a") : story_) + std::to_string(index));
    }
    return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1));
  }

  [[nodiscard]] SubtreeHash hashes() const {
    return [this](unsigned level, std::uint64_t index) { return subtree(level, index); };
  }

  std::string origin_;
  std::string story_;
  std::uint64_t parting_;
};

}  // namespace modgate::sample
