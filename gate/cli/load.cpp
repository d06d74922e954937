// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string loaded_text(const Json& answer) {
  const std::string loaded = texts_of(answer, "loaded");
  std::string text = loaded.empty() ? "nothing to do: " + text_of(answer, "asked") +
                                          " is already loaded or built in"
                                    : "loaded " + loaded;
  if (const std::string skipped = texts_of(answer, "skipped"); !skipped.empty()) {
    text += "\nnot loaded, and not needed: " + skipped;
  }
  return text + "\nrecord " + text_of(answer, "record");
}

int ask_to_load(const CommandLine& line, Verb verb) {
  Request request;
  request.verb = verb;
  auto file = take_module_and_parameters(line, request);
  if (file && verb == Verb::reload && file->empty()) {
    file = Error{Outcome::usage, "reload takes the file of a module, such as ./mydrv.ko"};
  }
  if (!file) return Output(line.json).refuse(file.error());
  return ask(line, std::move(request), *file, loaded_text);
}

int load(const CommandLine& line) { return ask_to_load(line, Verb::load); }
int reload(const CommandLine& line) { return ask_to_load(line, Verb::reload); }

}  // namespace

Command load_command() {
  return {"load",
          "MODULE|./FILE.ko [PARAM=VALUE ...]",
          "Loads a module of the running kernel's tree by name or alias, with what it depends on, "
          "or a\n"
          "module that you built: an argument with a / is a file, opened with your own rights.\n\n"
          "  modgate load vxlan\n"
          "  modgate -r 'OPS-17: new switch' load dummy numdummies=2\n"
          "  modgate load ./mydrv.ko mode=safe",
          true,
          {},
          load};
}

Command reload_command() {
  return {"reload",
          "./FILE.ko [PARAM=VALUE ...]",
          "Unloads the module and loads the file in one request.\n\n"
          "  modgate reload ./mydrv.ko mode=safe",
          true,
          {},
          reload};
}

}  // namespace modgate
