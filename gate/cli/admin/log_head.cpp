// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/audit/evidence_files.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/log_evidence.h"
#include "gate/cli/output.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

Result<std::string> head_text(const CommandLine& line) {
  auto key = log_key_of(line);
  if (!key) return key.error();
  if (!*key) {
    return Error{Outcome::failed,
                 "there is no /etc/modgate/log.vkey: the helper makes it when it "
                 "starts; for another log give --key"};
  }
  auto directory = open_log_to_read(line);
  if (!directory) return directory.error();
  auto newest = read_checkpoint(directory->get(), kCheckpointName);
  if (!newest) return newest.error();
  if (!*newest) return Error{Outcome::failed, "the log has no checkpoint yet"};
  // Nobody is to keep what would prove nothing.
  if (auto verified = verify_checkpoint(**newest, **key); !verified) {
    return Error{Outcome::failed, "the log's checkpoint: " + verified.error().message};
  }
  const std::string note = format_note((*newest)->note);
  if (!line.json) return (*key)->text() + '\n' + note.substr(0, note.size() - 1);
  Json body;
  body["key"] = (*key)->text();
  body["log"] = (*newest)->checkpoint.origin;
  body["records"] = (*newest)->checkpoint.size;
  body["root"] = digest_hex((*newest)->checkpoint.root);
  body["checkpoint"] = note;
  return Json{{"head", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int log_head(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(Error{Outcome::usage, "log head takes options alone"});
  }
  auto text = head_text(line);
  if (!text) return output.refuse(text.error());
  auto shown = output.line(*text);
  return shown ? 0 : output.refuse(shown.error());
}

}  // namespace

Command log_head_command() {
  return {"log head",
          "[--from DIR] [--key VKEY|FILE]",
          "Prints the log's verification key and its newest checkpoint. Kept elsewhere, the two\n"
          "prove for good that the records up to it were there, as they were:\n\n"
          "  modgate log head > /mnt/safe/head\n"
          "  modgate log verify --checkpoint /mnt/safe/head",
          false,
          {kFromOption, kKeyOption},
          log_head};
}

}  // namespace modgate
