// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/evidence/note.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// What a log commits itself to (https://c2sp.org/tlog-checkpoint): the root of its Merkle tree at
/// one size. The text of a signed note.
struct Checkpoint {
  std::string origin;      ///< names the log; also the name of the key that signs for it
  std::uint64_t size = 0;  ///< records in the tree, at most 2^63 - 1
  Digest root{};

  bool operator==(const Checkpoint&) const = default;
};

/// Three lines: origin, size, base64 of the root.
std::string checkpoint_text(const Checkpoint& checkpoint);

/// Reads these three lines, strictly. Extension lines, which the specification advises against, are
/// refused. Outcome::failed where it is none.
Result<Checkpoint> parse_checkpoint(std::string_view text);

/// A checkpoint with the note that it was read from.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};

/// Reads a note with a checkpoint; verifies no signature.
Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view bytes);

/// Signs as the log that `checkpoint` names.
Result<SignedCheckpoint> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key);

/// That the log whose key this is signed it, and that it speaks of that log. Outcome::failed
/// otherwise.
Status verify_checkpoint(const SignedCheckpoint& signed_checkpoint, const VerifierKey& log);

}  // namespace modgate
