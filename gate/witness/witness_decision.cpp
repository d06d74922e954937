// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/witness_decision.h"

#include <algorithm>

namespace modgate {
namespace {

bool is_signed_by(const WitnessedLog& log, const SignedCheckpoint& checkpoint) {
  return std::any_of(log.keys.begin(), log.keys.end(), [&checkpoint](const VerifierKey& key) {
    return static_cast<bool>(verify_checkpoint(checkpoint, key));
  });
}

/// Whether the proof leads from the state to the checkpoint.
bool is_growth(const WitnessState& state, const AddCheckpoint& request) {
  const Checkpoint& next = request.checkpoint.checkpoint;
  if (state.size == 0 || state.size == next.size) return request.proof.empty();
  return proves_consistency(request.proof, state.size, state.root, next.size, next.root);
}

}  // namespace

WitnessDecision witness_decision(const WitnessedLog* log, const WitnessState& state,
                                 const AddCheckpoint& request) {
  const Checkpoint& next = request.checkpoint.checkpoint;
  if (log == nullptr || log->origin != next.origin) return {WitnessVerdict::unknown_log, state};
  if (!is_signed_by(*log, request.checkpoint)) return {WitnessVerdict::not_signed, state};
  if (request.old_size > next.size) return {WitnessVerdict::shrinking, state};
  if (request.old_size != state.size) return {WitnessVerdict::other_size, state};
  if (state.size == next.size && state.root != next.root) return {WitnessVerdict::fork, state};
  if (!is_growth(state, request)) return {WitnessVerdict::inconsistent, state};
  return {WitnessVerdict::cosign, {next.size, next.root}};
}

}  // namespace modgate
