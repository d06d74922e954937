// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/cosigner.h"

#include <algorithm>
#include <utility>

#include "gate/evidence/cosignature.h"

namespace modgate {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr const char* kSizeType = "text/x.tlog.size";

/// Nothing of the reason: it is the operator's business, not the client's.
HttpAnswer broken() { return {500, kPlainText, "the witness cannot cosign; see its journal\n"}; }

/// What is kept of a note: its text, the log's own signatures, and the cosignature.
Note kept_note(const Note& note, const WitnessedLog& log, NoteSignature cosignature) {
  Note kept{note.text, {}};
  for (const NoteSignature& signature : note.signatures) {
    const bool is_the_logs =
        std::any_of(log.keys.begin(), log.keys.end(),
                    [&signature](const VerifierKey& key) { return signature.is_of(key); });
    if (is_the_logs) kept.signatures.push_back(signature);
  }
  kept.signatures.push_back(std::move(cosignature));
  return kept;
}

}  // namespace

Cosigner::Cosigner(WitnessKey key, WitnessedLogs logs, StateDirectory state, Journal journal)
    : key_(std::move(key)),
      logs_(std::move(logs)),
      state_(std::move(state)),
      journal_(std::move(journal)) {
  for (const auto& [origin, log] : logs_) locks_.try_emplace(origin);
}

Result<Cosigner> Cosigner::open(WitnessKey key, WitnessedLogs logs, StateDirectory state,
                                Journal journal) {
  Cosigner cosigner(std::move(key), std::move(logs), std::move(state), std::move(journal));
  for (const auto& [origin, log] : cosigner.logs_) {
    if (auto sound = cosigner.stored(origin); !sound) return sound.error();
  }
  return cosigner;
}

Result<WitnessState> Cosigner::stored(const std::string& origin) const {
  auto note = state_.read(origin);
  if (!note) return note.error();
  if (!note->has_value()) return WitnessState{};
  const auto damaged = [&origin](const std::string& why) {
    return Error{Outcome::unavailable,
                 "the state of " + origin + " (" + StateDirectory::file_name(origin) + "): " + why +
                     "; bring back the newest sound copy, or retire this witness's key"};
  };
  auto checkpoint = parse_signed_checkpoint(**note);
  if (!checkpoint) return damaged(checkpoint.error().message);
  if (checkpoint->checkpoint.origin != origin) return damaged("it is of another log");
  if (auto own = find_cosignature(checkpoint->note, key_.verifier); !own) {
    return damaged(own.error().message);
  }
  return WitnessState{checkpoint->checkpoint.size, checkpoint->checkpoint.root};
}

HttpAnswer Cosigner::cosigned(const WitnessedLog& log, const AddCheckpoint& request,
                              std::uint64_t now) {
  const Note& note = request.checkpoint.note;
  auto cosignature = cosign(note.text, now, key_.verifier.name, key_.signing);
  if (!cosignature) {
    journal_(cosignature.error().message);
    return broken();
  }
  const std::string line = format_signature(*cosignature);
  const std::string kept = format_note(kept_note(note, log, std::move(*cosignature)));
  if (auto written = state_.write(log.origin, kept); !written) {
    journal_(written.error().message);
    return broken();
  }
  return {200, kPlainText, line};
}

HttpAnswer Cosigner::refused(const WitnessDecision& decision, const AddCheckpoint& request) const {
  const std::string& origin = request.checkpoint.checkpoint.origin;
  const std::string known = std::to_string(decision.state.size);
  switch (decision.verdict) {
    case WitnessVerdict::unknown_log:
      return {404, kPlainText, "this witness does not serve the log of that origin\n"};
    case WitnessVerdict::not_signed:
      return {403, kPlainText, "no key of the log that this witness knows has signed it\n"};
    case WitnessVerdict::shrinking:
      return {400, kPlainText, "the old size is greater than the checkpoint's\n"};
    case WitnessVerdict::other_size:
      return {409, kSizeType, known + '\n'};
    case WitnessVerdict::fork:
      // Signed by the log itself: the two notes together prove that it has two histories.
      journal_(origin + " is forked: it signed another root at size " + known + ":\n" +
               format_note(request.checkpoint.note));
      return {409, kSizeType, known + '\n'};
    case WitnessVerdict::inconsistent:
    case WitnessVerdict::cosign:
      break;
  }
  journal_(origin + " does not prove that size " +
           std::to_string(request.checkpoint.checkpoint.size) + " grew from size " + known + ":\n" +
           format_note(request.checkpoint.note));
  return {422, kPlainText, "the proof does not lead from size " + known + " to the checkpoint\n"};
}

HttpAnswer Cosigner::add_checkpoint(const std::string& body, std::uint64_t now) {
  auto request = parse_add_checkpoint(body);
  if (!request) return {400, kPlainText, request.error().message + '\n'};
  const auto log = logs_.find(request->checkpoint.checkpoint.origin);
  if (log == logs_.end()) return refused(witness_decision(nullptr, {}, *request), *request);
  // Reading the state, deciding and writing it are one step: no other request comes between.
  const std::lock_guard<std::mutex> lock(locks_.at(log->first));
  auto state = stored(log->first);
  if (!state) {
    journal_(state.error().message);
    return broken();
  }
  const WitnessDecision decision = witness_decision(&log->second, *state, *request);
  if (decision.verdict != WitnessVerdict::cosign) return refused(decision, *request);
  return cosigned(log->second, *request, now);
}

}  // namespace modgate
