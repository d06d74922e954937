// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/evidence/checkpoint.h"
#include "gate/evidence/merkle.h"

namespace modgate {

/// A proof that one line is in a log, to be checked without the log (https://c2sp.org/tlog-proof).
/// The line itself travels as the format's `extra` data, so that one file holds all.
struct TlogProof {
  std::uint64_t index = 0;  ///< of the leaf, from 0
  std::string line;         ///< its bytes; proven by nothing but the rest
  MerkleProof path;
  SignedCheckpoint checkpoint;
};

inline constexpr std::size_t kTlogProofBytes = std::size_t{1} << 20U;

std::string format_tlog_proof(const TlogProof& proof);

/// Reads one, strictly. Outcome::failed for what is none, and for one without `extra` data.
Result<TlogProof> parse_tlog_proof(std::string_view bytes);

/// That the line is the record that the proof says, under a checkpoint that `log` signed.
/// Outcome::failed otherwise.
Status verify_tlog_proof(const TlogProof& proof, const VerifierKey& log);

}  // namespace modgate
