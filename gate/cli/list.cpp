// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string rule_text(const Json& rule) {
  std::string text = column(text_of(rule, "effect"), 5) + texts_of(rule, "actions") + ": ";
  const std::string modules = texts_of(rule, "modules");
  const std::string trees = texts_of(rule, "tree");
  text += modules;
  if (!trees.empty()) {
    text += modules.empty() ? "in " : " in ";
    text += trees;
  }
  if (const std::string asks = texts_of(rule, "asks"); !asks.empty())
    text += "\n       asks for " + asks;
  if (const std::string hours = text_of(rule, "hours"); !hours.empty()) text += "\n       " + hours;
  if (const std::string end = text_of(rule, "expires"); !end.empty())
    text += "\n       until " + end;
  if (const std::string why = text_of(rule, "message"); !why.empty()) text += "\n       " + why;
  const std::string role = text_of(rule, "role");
  return text + "\n       " + text_of(rule, "rule") +
         (role.empty() ? ", for everyone" : ", role " + role);
}

std::string list_text(const Json& answer) {
  const Json& list = part_of(answer, "list");
  const std::string roles = texts_of(list, "roles");
  std::string text = text_of(list, "user") + (roles.empty() ? ": no roles" : ": " + roles);
  for (const Json& rule : part_of(list, "rules")) text += '\n' + rule_text(rule);
  return text;
}

int list(const CommandLine& line) {
  Request request;
  request.verb = Verb::list;
  request.modules = line.words;
  return ask(line, std::move(request), {}, list_text);
}

}  // namespace

Command list_command() {
  return {"list",
          "",
          "Shows what you may do: your roles, their rules, what each asks for and until when.\n\n"
          "  modgate list",
          false,
          {},
          list};
}

}  // namespace modgate
