// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/pin_rule.h"

#include <nlohmann/json.hpp>

#include "gate/client/printable.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string list_of(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? ", \"" : "\"") + name + '"';
  return text + ']';
}

std::string signature_lines(const Pin& pin) {
  const ModuleFacts& facts = pin.facts;
  if (!facts.appended_signature) return "# It is not signed.\n";
  if (facts.signers.empty()) {
    return "# No signer that is known here vouches for its signature" +
           (facts.signature.empty() ? std::string() : ": " + printable(facts.signature)) + ".\n";
  }
  std::string text =
      "# Its signature verifies. In place of sha256, for whatever they sign:\n# signer = " +
      list_of(facts.signers) + '\n';
  if (pin.kernel_unlisted) {
    text +=
        "# The key is in the kernel's image; whether the running kernel lists it shows to root.\n";
  }
  return text;
}

std::string vermagic_line(const Pin& pin) {
  const std::string built_for = "# Built for \"" + printable(pin.facts.vermagic) + "\": ";
  switch (pin.fits) {
    case MagicMatch::same:
      return built_for + "fits this kernel.\n";
    case MagicMatch::by_symbol_versions:
      return built_for + "this kernel, \"" + printable(pin.kernel) +
             "\", takes it if every symbol has the same version.\n";
    case MagicMatch::differs:
      break;
  }
  return built_for + "does not fit this kernel, \"" + printable(pin.kernel) + "\".\n";
}

/// Values as they might be allowed; what is right only the module's documentation knows.
std::string example_for(const std::string& type) {
  if (type == "bool" || type == "invbool") return "{ enum = [\"0\", \"1\"] }";
  for (const char* number :
       {"byte", "hexint", "short", "ushort", "int", "uint", "long", "ulong", "ullong"}) {
    if (type == number) return "{ int = [0, 1] }";
  }
  return "{ match = \"[a-z0-9]{1,16}\" }";
}

std::string parameter_lines(const Pin& pin) {
  if (pin.parameters.empty()) return "# It declares no parameters.\n";
  std::string text =
      "# It declares these parameters, of which none is allowed; the values are examples:\n";
  for (const DeclaredParameter& parameter : pin.parameters) {
    text += "# params." + pin.name + '.' + parameter.name + " = " + example_for(parameter.type) +
            "  # " + (parameter.type.empty() ? "type not told" : parameter.type) + '\n';
  }
  return text;
}

const char* word(MagicMatch fits) {
  return fits == MagicMatch::same      ? "yes"
         : fits == MagicMatch::differs ? "no"
                                       : "by symbol versions";
}

}  // namespace

std::string pin_rule(const Pin& pin) {
  return "[[role.NAME.allow]]\nsource = \"file\"\nmodules = [\"" + pin.name + "\"]\nsha256 = [\"" +
         digest_hex(pin.facts.sha256) + "\"]\n" + signature_lines(pin) + vermagic_line(pin) +
         parameter_lines(pin);
}

std::string pin_json(const Pin& pin) {
  Json parameters = Json::array();
  for (const DeclaredParameter& parameter : pin.parameters) {
    parameters.push_back({{"name", parameter.name}, {"type", parameter.type}});
  }
  Json body;
  body["name"] = pin.name;
  body["sha256"] = digest_hex(pin.facts.sha256);
  body["signers"] = pin.facts.signers;
  body["signed"] = pin.facts.appended_signature;
  body["parameters"] = parameters;
  body["vermagic"] = pin.facts.vermagic;
  body["fits"] = word(pin.fits);
  body["rule"] = pin_rule(pin);
  return Json{{"pin", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modgate
