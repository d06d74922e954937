// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/plan_text.h"

#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string verdict_text(const Json& decided) {
  const std::string verdict = text_of(decided, "decision") == "allow" ? "allowed" : "denied";
  const std::string rule = text_of(decided, "rule");
  return verdict + (rule.empty() ? std::string() : " by " + rule);
}

std::string module_text(const Json& module) {
  std::string text = "  " + column(text_of(module, "name"), 24) +
                     column(text_of(module, "state"), 7) + text_of(module, "why");
  if (const std::string file = text_of(module, "file"); !file.empty()) text += "\n    " + file;
  if (const std::string digest = text_of(module, "sha256"); !digest.empty()) {
    text += "\n    sha256 " + digest;
  }
  if (const std::string signer = text_of(module, "signer"); !signer.empty()) {
    text += "\n    signed by " + signer;
  }
  if (const std::string parameters = text_of(module, "params"); !parameters.empty()) {
    text += "\n    parameters " + parameters;
  }
  if (!text_of(module, "decision").empty()) {
    text += "\n    " + verdict_text(module) + ": " + text_of(module, "explanation");
  }
  return text;
}

}  // namespace

std::string plan_text(const Json& answer) {
  const Json& plan = part_of(answer, "plan");
  std::string text =
      text_of(plan, "action") + ' ' + text_of(plan, "asked") + ": " + verdict_text(plan);
  if (const std::string role = text_of(plan, "role"); !role.empty()) text += ", role " + role;
  if (const std::string why = text_of(plan, "explanation"); !why.empty()) text += "\n  " + why;
  if (const std::string asks = texts_of(plan, "asks"); !asks.empty()) {
    text += "\nasks you for: " + asks;
  }
  text += "\nmodules, in this order:";
  for (const Json& module : part_of(plan, "modules")) text += '\n' + module_text(module);
  if (!part_of(plan, "kernel").empty()) text += "\nthe kernel:";
  for (const Json& check : part_of(plan, "kernel")) {
    text += "\n  " + column(text_of(check, "check"), 18) + column(text_of(check, "verdict"), 7) +
            text_of(check, "message");
  }
  return text;
}

}  // namespace modgate
