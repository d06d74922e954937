// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "gate/evidence/checkpoint.h"
#include "gate/evidence/merkle.h"
#include "modgate/result.h"

namespace modgate {

/// What a log asks of a witness (https://c2sp.org/tlog-witness, add-checkpoint): to cosign a
/// checkpoint, with the proof that its tree begins with that of `old_size`.
struct AddCheckpoint {
  static constexpr std::size_t kMostProofLines = 63;

  std::uint64_t old_size = 0;
  MerkleProof proof;
  SignedCheckpoint checkpoint;
};

/// Reads the body of the request, strictly: "old SIZE", at most kMostProofLines hashes in base64,
/// an empty line, the checkpoint. Outcome::usage for anything else, saying what is wrong.
Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

}  // namespace modgate
