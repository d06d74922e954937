// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gate/audit/verify.h"
#include "gate/evidence/checkpoint.h"
#include "gate/evidence/verifier_key.h"
#include "modgate/result.h"

namespace modgate {

/// A checkpoint of the log that somebody kept elsewhere.
struct KeptCheckpoint {
  SignedCheckpoint checkpoint;
  std::string source;  ///< where it comes from, for people: "/mnt/usb/head"
};

/// What a log is held against, beside its own chain.
struct EvidenceQuery {
  std::optional<VerifierKey> key;      ///< of the log; without it no checkpoint counts
  std::vector<VerifierKey> witnesses;  ///< whose cosignatures count
  std::vector<KeptCheckpoint> kept;    ///< beside those that lie beside the log
};

/// A witness's word on a checkpoint.
struct WitnessWord {
  std::string name;
  std::uint64_t time = 0;  ///< seconds since the epoch
};

/// A checkpoint that the log agrees with.
struct ProvenPoint {
  std::uint64_t size = 0;  ///< records 1 to this one
  std::string source;
  bool is_kept = false;  ///< it comes from elsewhere
  std::vector<WitnessWord> witnesses;

  /// Whether anybody but this machine vouches for it.
  [[nodiscard]] bool is_anchored() const noexcept { return is_kept || !witnesses.empty(); }
};

/// How far a log is proven.
struct VerifiedEvidence {
  Verified chain;
  std::optional<ProvenPoint> proven;    ///< the largest
  std::optional<ProvenPoint> anchored;  ///< the largest for which somebody else vouches
  std::optional<BrokenRecord> broken;   ///< the first, by the chain or by a checkpoint
  std::vector<std::string> problems;    ///< of the checkpoints themselves, a sentence each

  [[nodiscard]] bool is_well() const noexcept { return !broken && problems.empty(); }
};

/// Walks the whole log once and holds it against its checkpoints.
///
/// The chain alone finds accidents and clumsy edits. A checkpoint that lies beside the log finds
/// whatever was done without the log's key. Whoever has that key and may write the log can make all
/// of it anew: only a checkpoint that somebody else keeps, or has cosigned, finds that, up to its
/// own record, and nothing finds what was cut off behind the last such checkpoint.
Result<VerifiedEvidence> verify_evidence(int directory, const EvidenceQuery& query);

}  // namespace modgate
