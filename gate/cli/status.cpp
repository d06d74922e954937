// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string status_text(const Json& answer) {
  const Json& module = part_of(answer, "module");
  std::string text = column(text_of(module, "name"), 24);
  if (!is_true(module, "gate")) return text + "came another way";
  text += column(text_of(module, "user"), 12) + column(text_of(module, "since"), 20) +
          "through the gate";
  if (const std::string rule = text_of(module, "rule"); !rule.empty()) text += "  " + rule;
  if (const std::string record = text_of(module, "record"); !record.empty()) text += "  " + record;
  return text;
}

int status(const CommandLine& line) {
  Request request;
  request.verb = Verb::status;
  request.modules = line.words;
  return ask(line, std::move(request), {}, status_text);
}

}  // namespace

Command status_command() {
  return {"status",
          "[MODULE ...]",
          "Shows the loaded modules: who loaded each, when, and whether through the gate. The rule "
          "and\n"
          "the record are shown for what you loaded yourself.\n\n"
          "  modgate status vxlan",
          false,
          {},
          status};
}

}  // namespace modgate
