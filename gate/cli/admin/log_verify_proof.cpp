// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/log_evidence.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"
#include "gate/evidence/cosignature.h"
#include "gate/evidence/tlog_proof.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

struct CheckedProof {
  TlogProof proof;
  std::vector<std::pair<std::string, std::uint64_t>> witnesses;  ///< name, time
};

Result<CheckedProof> check(const CommandLine& line) {
  auto key = log_key_of(line);
  if (!key) return key.error();
  if (!*key) return Error{Outcome::failed, "no key to verify the proof with: give --key"};
  auto witnesses = witnesses_of(line);
  if (!witnesses) return witnesses.error();
  auto text = read_given_file(line.words[0], kTlogProofBytes);
  if (!text) return text.error();
  auto proof = parse_tlog_proof(*text);
  if (!proof) return proof.error();
  if (auto verified = verify_tlog_proof(*proof, **key); !verified) return verified.error();
  CheckedProof checked{std::move(*proof), {}};
  for (const VerifierKey& witness : *witnesses) {
    // Whoever names a witness wants its word.
    auto time = find_cosignature(checked.proof.checkpoint.note, witness);
    if (!time) return time.error();
    checked.witnesses.emplace_back(witness.name, *time);
  }
  return checked;
}

std::string json_text(const CheckedProof& checked) {
  Json body;
  body["valid"] = true;
  body["sequence"] = checked.proof.index + 1;
  body["log"] = checked.proof.checkpoint.checkpoint.origin;
  body["records"] = checked.proof.checkpoint.checkpoint.size;
  body["witnesses"] = Json::array();
  for (const auto& [name, time] : checked.witnesses) {
    body["witnesses"].push_back({{"name", name}, {"time", utc_text(time)}});
  }
  body["record"] = checked.proof.line;
  return Json{{"proof", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string plain_text(const CheckedProof& checked) {
  const Checkpoint& checkpoint = checked.proof.checkpoint.checkpoint;
  std::string text = "record #" + std::to_string(checked.proof.index + 1) + " of " +
                     printable(checkpoint.origin) + ", which had " +
                     std::to_string(checkpoint.size) + " when this was signed";
  for (const auto& [name, time] : checked.witnesses) {
    text += "; witness " + printable(name) + ", " + utc_text(time);
  }
  return text + '\n' + printable(checked.proof.line);
}

int log_verify_proof(const CommandLine& line) {
  Output output(line.json);
  if (line.words.size() != 1) {
    return output.refuse(Error{Outcome::usage, "log verify-proof takes one file"});
  }
  auto checked = check(line);
  if (!checked) return output.refuse(checked.error());
  auto shown = output.line(line.json ? json_text(*checked) : plain_text(*checked));
  return shown ? 0 : output.refuse(shown.error());
}

}  // namespace

Command log_verify_proof_command() {
  return {
      "log verify-proof",
      "[--key VKEY|FILE] [--witness VKEY] FILE",
      "Checks a proof that `log prove` made, without the log, and prints the record. Exit status\n"
      "0 if the proof holds, with a cosignature of each --witness, else 1.\n\n"
      "  modgate log verify-proof 1834.tlog-proof --key host.vkey",
      false,
      {kKeyOption, kWitnessOption},
      log_verify_proof};
}

}  // namespace modgate
