// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/merkle.h"

#include <random>

#include "catch.h"
#include "gate/evidence/compact_range.h"
#include "unit/evidence/trees.h"

using namespace modgate;
using trees::digest;

namespace {

/// The leaves and roots of the reference implementation of Certificate Transparency, as
/// transparency-dev/merkle has them in testonly/constants.go.
const std::vector<std::string> kLeaves = {
    "",
    std::string(1, '\0'),
    "\x10",
    "\x20\x21",
    "\x30\x31",
    "\x40\x41\x42\x43",
    "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
const std::vector<std::string> kRoots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

trees::Tree reference_tree(std::size_t size = kLeaves.size()) {
  trees::Tree tree;
  for (std::size_t at = 0; at < size; ++at) tree.append(leaf_hash(kLeaves[at]));
  return tree;
}

MerkleProof proof_of(const std::vector<std::string>& hashes) {
  MerkleProof proof;
  for (const std::string& hash : hashes) proof.push_back(digest(hash));
  return proof;
}

/// Whether any single flipped bit, a hash too few or too many, or hashes in another order make
/// `proves` say yes.
template <class Proves>
bool is_forgeable(const MerkleProof& proof, const Proves& proves) {
  for (std::size_t at = 0; at < proof.size(); ++at) {
    for (unsigned bit = 0; bit < 256; ++bit) {
      MerkleProof forged = proof;
      forged[at][bit / 8] = static_cast<std::uint8_t>(forged[at][bit / 8] ^ (1U << (bit % 8)));
      if (proves(forged)) return true;
    }
    MerkleProof shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
    MerkleProof longer = proof;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), proof[at]);
    if (proves(shorter) || proves(longer)) return true;
    if (at > 0 && proof[at] != proof[at - 1]) {
      MerkleProof swapped = proof;
      std::swap(swapped[at], swapped[at - 1]);
      if (proves(swapped)) return true;
    }
  }
  MerkleProof longer = proof;
  longer.push_back(Digest{});
  return proves(longer);
}

}  // namespace

TEST_CASE("the roots are those of the reference implementation") {
  const trees::Tree tree = reference_tree();
  CHECK(empty_root() == digest(kRoots[0]));
  for (std::size_t size = 0; size <= kLeaves.size(); ++size) {
    CAPTURE(size);
    CHECK(*tree_root(size, tree.subtree()) == digest(kRoots[size]));
    CHECK(reference_tree(size).range().root() == digest(kRoots[size]));
    const auto loaded = CompactRange::load(size, tree.subtree());
    REQUIRE(loaded);
    CHECK(loaded->root() == digest(kRoots[size]));
    CHECK(loaded->size() == size);
  }
}

TEST_CASE("inclusion proofs are those of the reference implementation") {
  const trees::Tree tree = reference_tree();
  CHECK(inclusion_proof(0, 1, tree.subtree())->empty());
  CHECK(*inclusion_proof(1, 2, tree.subtree()) == proof_of({kRoots[1]}));
  CHECK(*inclusion_proof(2, 3, tree.subtree()) == proof_of({kRoots[2]}));
  CHECK(*inclusion_proof(1, 5, tree.subtree()) ==
        proof_of({kRoots[1], "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
  CHECK(*inclusion_proof(5, 8, tree.subtree()) ==
        proof_of({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                  "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", kRoots[4]}));
}

TEST_CASE("all 36 consistency proofs of the reference tree verify, and some are known") {
  const trees::Tree tree = reference_tree();
  int verified = 0;
  for (std::size_t size = 1; size <= kLeaves.size(); ++size) {
    for (std::size_t old = 1; old <= size; ++old) {
      CAPTURE(old, size);
      const auto proof = consistency_proof(old, size, tree.subtree());
      REQUIRE(proof);
      CHECK(proves_consistency(*proof, old, digest(kRoots[old]), size, digest(kRoots[size])));
      ++verified;
    }
  }
  CHECK(verified == 36);
  CHECK(consistency_proof(1, 1, tree.subtree())->empty());
  CHECK(*consistency_proof(2, 5, tree.subtree()) ==
        proof_of({"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
  CHECK(*consistency_proof(6, 8, tree.subtree()) ==
        proof_of({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                  "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", kRoots[4]}));
}

TEST_CASE("every inclusion proof verifies for its own leaf, place and tree alone") {
  constexpr std::uint64_t kMost = 40;
  const trees::Tree tree = trees::of_size(kMost);
  for (std::uint64_t size = 1; size <= kMost; ++size) {
    const Digest root = *tree_root(size, tree.subtree());
    for (std::uint64_t index = 0; index < size; ++index) {
      const Digest leaf = leaf_hash("record " + std::to_string(index));
      const auto proof = inclusion_proof(index, size, tree.subtree());
      REQUIRE(proof);
      CAPTURE(index, size);
      CHECK(proves_inclusion(*proof, index, size, leaf, root));
      CHECK_FALSE(proves_inclusion(*proof, index + 1, size, leaf, root));
      CHECK_FALSE(proves_inclusion(*proof, index, size, leaf_hash("another"), root));
      CHECK_FALSE(proves_inclusion(*proof, index, size, leaf, leaf_hash("another")));
      if (size % 13 == 0) {
        CHECK_FALSE(is_forgeable(*proof, [&](const MerkleProof& forged) {
          return proves_inclusion(forged, index, size, leaf, root);
        }));
      }
    }
  }
}

TEST_CASE("every consistency proof verifies for its own two trees alone") {
  constexpr std::uint64_t kMost = 40;
  const trees::Tree tree = trees::of_size(kMost);
  for (std::uint64_t size = 1; size <= kMost; ++size) {
    const Digest root = *tree_root(size, tree.subtree());
    for (std::uint64_t old = 0; old <= size; ++old) {
      CAPTURE(old, size);
      const Digest old_root = *tree_root(old, tree.subtree());
      const auto proof = consistency_proof(old, size, tree.subtree());
      REQUIRE(proof);
      CHECK(proves_consistency(*proof, old, old_root, size, root));
      CHECK_FALSE(proves_consistency(*proof, old, leaf_hash("another"), size, root));
      CHECK_FALSE(proves_consistency(*proof, size + 1, old_root, size, root));
      if (old > 0) CHECK_FALSE(proves_consistency(*proof, old, old_root, size, leaf_hash("x")));
      if (size % 13 == 0) {
        CHECK_FALSE(is_forgeable(*proof, [&](const MerkleProof& forged) {
          return proves_consistency(forged, old, old_root, size, root);
        }));
      }
    }
  }
}

TEST_CASE("a history that was changed is consistent with nothing that it was") {
  const trees::Tree honest = trees::of_size(30);
  for (std::uint64_t changed = 0; changed < 20; ++changed) {
    trees::Tree forged;
    for (std::uint64_t at = 0; at < 30; ++at) {
      forged.append(leaf_hash((at == changed ? "forged " : "record ") + std::to_string(at)));
    }
    CAPTURE(changed);
    CHECK_FALSE(proves_consistency(*consistency_proof(20, 30, forged.subtree()), 20,
                                   *tree_root(20, honest.subtree()), 30, forged.range().root()));
    CHECK_FALSE(proves_consistency(*consistency_proof(20, 30, honest.subtree()), 20,
                                   *tree_root(20, honest.subtree()), 30, forged.range().root()));
  }
}

TEST_CASE("the hash of a line is never that of an inner node") {
  const Digest left = leaf_hash("a");
  const Digest right = leaf_hash("b");
  std::string bytes(left.begin(), left.end());
  bytes.append(right.begin(), right.end());
  CHECK(leaf_hash(bytes) != node_hash(left, right));
  CHECK(leaf_hash('\1' + bytes) != node_hash(left, right));
}

TEST_CASE("proofs of large trees are short, and there is none for what is not there") {
  const SubtreeHash any = [](unsigned, std::uint64_t) -> Result<Digest> { return Digest{}; };
  constexpr std::uint64_t kHuge = (1ULL << 63U) - 1;
  CHECK(inclusion_proof(kHuge / 2, kHuge, any)->size() <= kMostProofHashes);
  CHECK(consistency_proof(kHuge - 1, kHuge, any)->size() <= kMostProofHashes);
  CHECK_FALSE(inclusion_proof(5, 5, any));
  CHECK_FALSE(inclusion_proof(0, 0, any));
  CHECK_FALSE(consistency_proof(6, 5, any));
  CHECK_FALSE(proves_inclusion(MerkleProof(kMostProofHashes + 1), 0, kHuge, {}, {}));
  CHECK_FALSE(proves_consistency(MerkleProof(kMostProofHashes + 1), 1, {}, kHuge, {}));
}

TEST_CASE("an error of whoever keeps the hashes is the proof's error") {
  const SubtreeHash broken = [](unsigned, std::uint64_t) -> Result<Digest> {
    return Error{Outcome::unavailable, "the disk"};
  };
  CHECK(inclusion_proof(1, 4, broken).error().message == "the disk");
  CHECK(consistency_proof(1, 4, broken).error().message == "the disk");
  CHECK(tree_root(4, broken).error().message == "the disk");
  CHECK(CompactRange::load(4, broken).error().message == "the disk");
}
