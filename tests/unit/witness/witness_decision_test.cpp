// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/witness_decision.h"

#include <random>
#include <vector>

#include "catch.h"
#include "unit/witness/growing_log.h"

using namespace modgate;
using sample::fresh_key;
using sample::GrowingLog;

namespace {

const std::string kOrigin = "host.example.org/log";

WitnessedLog log_of(const SigningKey& key, const std::string& origin = kOrigin) {
  return {origin, {{origin, SignatureType::ed25519, key.public_key()}}};
}

AddCheckpoint request(const GrowingLog& log, std::uint64_t old_size, std::uint64_t size,
                      const SigningKey& key) {
  return {old_size, old_size <= size ? log.proof(old_size, size) : MerkleProof(),
          log.checkpoint(size, key)};
}

WitnessState at(const GrowingLog& log, std::uint64_t size) { return {size, log.root(size)}; }

}  // namespace

TEST_CASE("only consistent growth is cosigned") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  const GrowingLog fork(kOrigin, "b", 6);  // parts from the log behind record 6
  struct Row {
    const char* what;
    std::uint64_t known;  // what the witness last cosigned of `log`; 0: never anything
    AddCheckpoint request;
    WitnessVerdict verdict;
  };
  AddCheckpoint bad_proof = request(log, 7, 11, key);
  bad_proof.proof[1][5] ^= 1;
  AddCheckpoint short_proof = request(log, 7, 11, key);
  short_proof.proof.pop_back();
  AddCheckpoint long_proof = request(log, 7, 11, key);
  long_proof.proof.push_back(Digest{});
  AddCheckpoint no_proof = request(log, 7, 11, key);
  no_proof.proof.clear();
  AddCheckpoint proof_at_first = request(log, 0, 7, key);
  proof_at_first.proof.push_back(Digest{});
  AddCheckpoint proof_of_nothing = request(log, 7, 7, key);
  proof_of_nothing.proof.push_back(Digest{});
  AddCheckpoint other_root_of_nothing = request(log, 0, 0, key);
  other_root_of_nothing.checkpoint = *sign_checkpoint({kOrigin, 0, Digest{}}, key);
  AddCheckpoint proof_of_another = request(log, 7, 11, key);
  proof_of_another.proof = log.proof(7, 12);
  using V = WitnessVerdict;
  const std::vector<Row> rows = {
      {"first contact", 0, request(log, 0, 7, key), V::cosign},
      {"first contact with an empty log", 0, request(log, 0, 0, key), V::cosign},
      {"first contact with one record", 0, request(log, 0, 1, key), V::cosign},
      {"first contact with a fork: nobody can know", 0, request(fork, 0, 7, key), V::cosign},
      {"first contact that claims an earlier one", 0, request(log, 3, 7, key), V::other_size},
      {"first contact with a proof of nothing", 0, proof_at_first, V::inconsistent},
      {"an empty log with the root of another", 0, other_root_of_nothing, V::fork},
      {"growth", 7, request(log, 7, 11, key), V::cosign},
      {"growth by one", 7, request(log, 7, 8, key), V::cosign},
      {"growth to a full tree", 7, request(log, 7, 16, key), V::cosign},
      {"growth from a full tree", 8, request(log, 8, 13, key), V::cosign},
      {"the same again", 7, request(log, 7, 7, key), V::cosign},
      {"the same with a proof", 7, proof_of_nothing, V::inconsistent},
      {"the same size, another root", 7, request(fork, 7, 7, key), V::fork},
      {"growth of the fork", 7, request(fork, 7, 11, key), V::inconsistent},
      {"growth of the fork from where both are one", 6, request(fork, 6, 11, key), V::cosign},
      {"a wrong proof", 7, bad_proof, V::inconsistent},
      {"a proof that is cut short", 7, short_proof, V::inconsistent},
      {"a proof that is too long", 7, long_proof, V::inconsistent},
      {"no proof", 7, no_proof, V::inconsistent},
      {"a proof of another growth", 7, proof_of_another, V::inconsistent},
      {"an old size that is too small", 7, request(log, 6, 11, key), V::other_size},
      {"an old size that is too great", 7, request(log, 8, 11, key), V::other_size},
      {"as if never seen", 7, request(log, 0, 11, key), V::other_size},
      {"rolled back, and says so", 7, request(log, 7, 5, key), V::shrinking},
      {"rolled back, as if that were new", 7, request(log, 3, 5, key), V::other_size},
      {"wiped and begun anew", 7, request(GrowingLog(kOrigin, "c"), 0, 2, key), V::other_size},
  };
  const WitnessedLog known = log_of(key);
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const WitnessState state = row.known == 0 ? WitnessState() : at(log, row.known);
    const WitnessDecision decision = witness_decision(&known, state, row.request);
    CHECK(decision.verdict == row.verdict);
    if (row.verdict == V::cosign) {
      CHECK(decision.state.size == row.request.checkpoint.checkpoint.size);
      CHECK(decision.state.root == row.request.checkpoint.checkpoint.root);
    } else {
      CHECK(decision.state == state);
    }
  }
}

TEST_CASE("only the keys of the log itself count") {
  const SigningKey key = fresh_key();
  const SigningKey other = fresh_key();
  const GrowingLog log(kOrigin);
  const AddCheckpoint good = request(log, 0, 7, key);
  const WitnessedLog known = log_of(key);
  CHECK(witness_decision(&known, {}, good).verdict == WitnessVerdict::cosign);

  SECTION("no log of that origin") {
    CHECK(witness_decision(nullptr, {}, good).verdict == WitnessVerdict::unknown_log);
    const WitnessedLog neighbour = log_of(key, "neighbour.example.org/log");
    CHECK(witness_decision(&neighbour, {}, good).verdict == WitnessVerdict::unknown_log);
  }
  SECTION("signed by another key") {
    CHECK(witness_decision(&known, {}, request(log, 0, 7, other)).verdict ==
          WitnessVerdict::not_signed);
    const WitnessedLog keyless = {kOrigin, {}};
    CHECK(witness_decision(&keyless, {}, good).verdict == WitnessVerdict::not_signed);
  }
  SECTION("changed after it was signed") {
    AddCheckpoint changed = good;
    changed.checkpoint.note.text = checkpoint_text({kOrigin, 7, Digest{}});
    changed.checkpoint.checkpoint = *parse_checkpoint(changed.checkpoint.note.text);
    CHECK(witness_decision(&known, {}, changed).verdict == WitnessVerdict::not_signed);
  }
  SECTION("an old and a new key, while the log changes from one to the other") {
    WitnessedLog both = known;
    both.keys.push_back({kOrigin, SignatureType::ed25519, other.public_key()});
    CHECK(witness_decision(&both, {}, good).verdict == WitnessVerdict::cosign);
    CHECK(witness_decision(&both, {}, request(log, 0, 7, other)).verdict == WitnessVerdict::cosign);
  }
  SECTION("unknown signatures beside the log's own") {
    AddCheckpoint more = good;
    more.checkpoint.note.signatures.push_back(*sign_note(good.checkpoint.note.text, "x", other));
    CHECK(witness_decision(&known, {}, more).verdict == WitnessVerdict::cosign);
  }
  SECTION("what is wrong is not told to who has no key") {
    CHECK(witness_decision(&known, at(log, 7), request(log, 3, 9, other)).verdict ==
          WitnessVerdict::not_signed);
  }
}

TEST_CASE("whatever the order of requests, what is cosigned is one chain") {
  const SigningKey key = fresh_key();
  const std::vector<GrowingLog> stories = {GrowingLog(kOrigin), GrowingLog(kOrigin, "b", 3),
                                           GrowingLog(kOrigin, "c", 9),
                                           GrowingLog(kOrigin, "d", 17)};
  const WitnessedLog known = log_of(key);
  std::mt19937 random(20261124);
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  int cosigned = 0;
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    WitnessState state;
    std::vector<Checkpoint> chain;
    for (int step = 0; step < 40; ++step) {
      const GrowingLog& story = stories[below(stories.size())];
      // Mostly what a log would ask that knows the state, else anything.
      const std::uint64_t size = below(3) == 0 ? below(24) : state.size + below(3);
      const std::uint64_t old_size = below(4) == 0 ? below(24) : state.size;
      AddCheckpoint asked = request(story, old_size, size, key);
      if (below(8) == 0 && !asked.proof.empty()) asked.proof.pop_back();
      const WitnessDecision decision = witness_decision(&known, state, asked);
      state = decision.state;
      if (decision.verdict == WitnessVerdict::cosign) {
        ++cosigned;
        chain.push_back(asked.checkpoint.checkpoint);
      } else {
        ++refused;
      }
    }
    // One of the stories tells all of it.
    const auto tells = [&chain](const GrowingLog& story) {
      std::uint64_t last = 0;
      for (const Checkpoint& checkpoint : chain) {
        if (checkpoint.size < last || checkpoint.root != story.root(checkpoint.size)) return false;
        last = checkpoint.size;
      }
      return true;
    };
    CHECK(std::any_of(stories.begin(), stories.end(), tells));
  }
  // Otherwise this has shown nothing.
  CHECK(cosigned > 200);
  CHECK(refused > 200);
}
