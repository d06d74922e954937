// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/evidence/merkle.h"
#include "gate/evidence/verifier_key.h"
#include "gate/witness/add_checkpoint.h"

namespace modgate {

/// A log that a witness serves: its origin and the keys that may sign its checkpoints.
struct WitnessedLog {
  std::string origin;
  std::vector<VerifierKey> keys;
};

/// What a witness last cosigned of one log. Before the first contact that is the empty tree, which
/// every tree begins with.
struct WitnessState {
  std::uint64_t size = 0;
  Digest root = empty_root();

  bool operator==(const WitnessState&) const = default;
};

/// What becomes of a request. Only `cosign` lets anything be signed.
enum class WitnessVerdict : std::uint8_t {
  cosign,        ///< consistent growth, or the same tree again
  unknown_log,   ///< no log of that origin is served
  not_signed,    ///< no key of the log signed it, or one of its signatures is wrong
  shrinking,     ///< the old size is greater than the new one
  other_size,    ///< the old size is not the one that was last cosigned
  fork,          ///< the same size with another root
  inconsistent,  ///< the proof does not prove it
};

struct WitnessDecision {
  WitnessVerdict verdict = WitnessVerdict::inconsistent;
  WitnessState state;  ///< of the log after this: as it was unless the verdict is `cosign`
};

/// Decides as https://c2sp.org/tlog-witness says, in its order. `log` is the log of the
/// checkpoint's origin, nullptr where none is served. Touches nothing.
WitnessDecision witness_decision(const WitnessedLog* log, const WitnessState& state,
                                 const AddCheckpoint& request);

}  // namespace modgate
