// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <nlohmann/json.hpp>

#include "gate/audit/evidence_files.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/tree_file.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/log_evidence.h"
#include "gate/cli/output.h"
#include "gate/evidence/tlog_proof.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

/// Of the checkpoints that cover the record the one that most have signed, and the newest of these.
Result<SignedCheckpoint> best_checkpoint(int directory, std::uint64_t sequence) {
  auto names = list_checkpoints(directory);
  if (!names) return names.error();
  std::optional<SignedCheckpoint> best;
  for (const std::string& name : *names) {
    auto read = read_checkpoint(directory, name);
    if (!read || !*read || (*read)->checkpoint.size < sequence) continue;
    const auto worth = [](const SignedCheckpoint& one) {
      return std::pair(one.note.signatures.size(), one.checkpoint.size);
    };
    if (!best || worth(*best) < worth(**read)) best = std::move(**read);
  }
  if (!best) {
    return Error{Outcome::failed,
                 "no checkpoint of the log covers record " + std::to_string(sequence)};
  }
  return std::move(*best);
}

Result<TlogProof> prove(const CommandLine& line, std::uint64_t sequence) {
  auto directory = open_log_to_read(line);
  if (!directory) return directory.error();
  auto record = numbered_line(directory->get(), sequence);
  if (!record) return record.error();
  if (record->empty()) {
    return Error{Outcome::failed, "record " + std::to_string(sequence) + " is not in the log"};
  }
  auto checkpoint = best_checkpoint(directory->get(), sequence);
  if (!checkpoint) return checkpoint.error();
  auto tree = TreeFile::open_for_reading(directory->get());
  if (!tree) return tree.error();
  auto path = inclusion_proof(sequence - 1, checkpoint->checkpoint.size, tree->subtree());
  if (!path) return path.error();
  TlogProof proof{sequence - 1, std::move(*record), std::move(*path), std::move(*checkpoint)};
  if (!proves_inclusion(proof.path, proof.index, proof.checkpoint.checkpoint.size,
                        leaf_hash(proof.line), proof.checkpoint.checkpoint.root)) {
    return Error{Outcome::failed, "record " + std::to_string(sequence) +
                                      " cannot be proven: it is not what was signed; see: modgate "
                                      "log verify"};
  }
  return proof;
}

/// 0 for what is no number of a record.
std::uint64_t sequence_of(const std::string& text) {
  std::uint64_t sequence = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, sequence);
  return parsed.ec == std::errc() && parsed.ptr == end ? sequence : 0;
}

int log_prove(const CommandLine& line) {
  Output output(line.json);
  const std::uint64_t sequence = line.words.size() == 1 ? sequence_of(line.words[0]) : 0;
  if (sequence == 0) {
    return output.refuse(Error{Outcome::usage,
                               "log prove takes the number of one record, as `modgate log` shows "
                               "it behind #"});
  }
  auto proof = prove(line, sequence);
  if (!proof) return output.refuse(proof.error());
  std::string text = format_tlog_proof(*proof);
  if (line.json) {
    Json body;
    body["sequence"] = sequence;
    body["records"] = proof->checkpoint.checkpoint.size;
    body["tlog_proof"] = text;
    text = Json{{"proof", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    text.pop_back();
  }
  auto shown = output.line(text);
  return shown ? 0 : output.refuse(shown.error());
}

}  // namespace

Command log_prove_command() {
  return {
      "log prove",
      "[--from DIR] SEQ",
      "Prints a proof that record SEQ is in the log, with the record itself, in the format of\n"
      "C2SP tlog-proof. Whoever has the log's verification key can check it without the log.\n\n"
      "  modgate log prove 1834 > 1834.tlog-proof\n"
      "  modgate log verify-proof 1834.tlog-proof",
      false,
      {kFromOption},
      log_prove};
}

}  // namespace modgate
