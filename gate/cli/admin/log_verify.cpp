// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/audit/verify_evidence.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/log_evidence.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<ProvenPoint>& point) {
  if (!point) return nullptr;
  Json json;
  json["records"] = point->size;
  json["checkpoint"] = point->source;
  json["witnesses"] = Json::array();
  for (const WitnessWord& word : point->witnesses) {
    json["witnesses"].push_back({{"name", word.name}, {"time", utc_text(word.time)}});
  }
  return json;
}

std::string json_text(const VerifiedEvidence& verified) {
  Json body;
  body["whole"] = verified.is_well();
  body["records"] = verified.chain.records;
  body["last"] = verified.chain.last;
  body["head"] = verified.chain.head;
  if (const auto& removed = verified.chain.removed) {
    body["removed"] = {{"through", removed->through}, {"recorded_in", removed->recorded_in}};
  }
  body["proven"] = json_of(verified.proven);
  body["anchored"] = json_of(verified.anchored);
  if (verified.broken) {
    body["broken"] = {{"sequence", verified.broken->sequence},
                      {"damage", word(verified.broken->damage)},
                      {"segment", verified.broken->segment},
                      {"line", verified.broken->line},
                      {"message", verified.broken->message}};
  }
  if (!verified.problems.empty()) body["problems"] = verified.problems;
  return Json{{"verify", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string records_text(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + (count == 1 ? " record is " : " records are ") + what;
}

std::string point_text(const ProvenPoint& point, const std::optional<VerifierKey>& key) {
  std::string text = "up to record #" + std::to_string(point.size) + " (checkpoint " +
                     printable(point.source) + ", signed by " +
                     (key ? printable(key->name) : std::string());
  for (const WitnessWord& word : point.witnesses) {
    text += ", witness " + printable(word.name) + ", " + utc_text(word.time);
  }
  return text + ')';
}

/// How far the log is proven, and what is newer.
std::string proven_text(const VerifiedEvidence& verified, const std::optional<VerifierKey>& key) {
  const std::uint64_t last = verified.chain.last;
  const auto newer = [&](std::uint64_t size, const std::string& than) {
    if (last <= size) return std::string();
    return "; " + std::to_string(last - size) +
           (last - size == 1 ? " newer record is " : " newer records are ") + than;
  };
  if (!verified.proven) {
    return "nothing is proven: " + records_text(verified.chain.records, "chained, and not signed");
  }
  std::string text = "proven " + point_text(*verified.proven, key) +
                     newer(verified.proven->size, "chained but not signed");
  if (verified.anchored) {
    return text + "\nanchored " + point_text(*verified.anchored, key) +
           newer(verified.anchored->size, "chained but not anchored");
  }
  return text +
         "\nnot anchored: nobody but this machine vouches for it; whoever has its key could have "
         "made it anew. Keep the output of `modgate log head` elsewhere, and give it as "
         "--checkpoint, or name a --witness";
}

std::string broken_text(const BrokenRecord& broken) {
  std::string text = "record #" + std::to_string(broken.sequence) + " is " + word(broken.damage) +
                     ": " + printable(broken.message);
  if (!broken.segment.empty()) {
    text += " (" + printable(broken.segment) + ", line " + std::to_string(broken.line) + ')';
  }
  return text;
}

std::string plain_text(const VerifiedEvidence& verified, const std::optional<VerifierKey>& key) {
  std::string text = records_text(verified.chain.records, "whole and in order");
  if (verified.chain.records > 0) {
    text += ", up to #" + std::to_string(verified.chain.last) + "\nhead " + verified.chain.head;
  }
  if (const auto& removed = verified.chain.removed) {
    text += "\nrecords #1 to #" + std::to_string(removed->through) +
            " were removed by retention, recorded in record #" +
            std::to_string(removed->recorded_in);
  }
  text += '\n' + proven_text(verified, key);
  if (verified.broken) text += '\n' + broken_text(*verified.broken);
  for (const std::string& problem : verified.problems) text += '\n' + printable(problem);
  return text;
}

Result<EvidenceQuery> query_of(const CommandLine& line) {
  EvidenceQuery query;
  auto key = log_key_of(line);
  if (!key) return key.error();
  query.key = std::move(*key);
  auto witnesses = witnesses_of(line);
  if (!witnesses) return witnesses.error();
  query.witnesses = std::move(*witnesses);
  for (const std::string& file : line.options("checkpoint")) {
    auto text = read_given_file(file, 2 * kNoteBytes);
    if (!text) return text.error();
    auto checkpoint = checkpoint_in(*text);
    if (!checkpoint) return Error{Outcome::failed, file + ": " + checkpoint.error().message};
    query.kept.push_back({std::move(*checkpoint), file});
  }
  return query;
}

int log_verify(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(Error{Outcome::usage, "log verify takes options alone"});
  }
  auto query = query_of(line);
  if (!query) return output.refuse(query.error());
  auto directory = open_log_to_read(line);
  if (!directory) return output.refuse(directory.error());
  auto verified = verify_evidence(directory->get(), *query);
  if (!verified) return output.refuse(verified.error());
  auto shown = output.line(line.json ? json_text(*verified) : plain_text(*verified, query->key));
  if (!shown) return output.refuse(shown.error());
  return verified->is_well() ? 0 : 1;
}

}  // namespace

Command log_verify_command() {
  return {"log verify",
          "[--from DIR] [--key VKEY|FILE] [--checkpoint FILE] [--witness VKEY]",
          "Says how far the log is proven and by what, and names the first record that is broken "
          "and\n"
          "how: torn, edited, missing, reordered, forked, rolled back, or shorter than a "
          "checkpoint.\n"
          "Exit status 0 only if all is well. Only a checkpoint that somebody else kept or "
          "cosigned\n"
          "finds what was done with the log's own key.\n\n"
          "  modgate log verify --checkpoint /mnt/safe/head",
          false,
          {kFromOption,
           kKeyOption,
           {"checkpoint", "FILE",
            "a checkpoint that was kept elsewhere; may be given several times", true},
           kWitnessOption},
          log_verify};
}

}  // namespace modgate
