// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"

namespace modgate {
namespace {

std::string unloaded_text(const nlohmann::ordered_json& answer) {
  const std::string unloaded = texts_of(answer, "unloaded");
  return (unloaded.empty() ? "nothing to do" : "unloaded " + unloaded) + "\nrecord " +
         text_of(answer, "record");
}

int unload(const CommandLine& line) {
  Request request;
  request.verb = Verb::unload;
  request.modules = line.words;
  return ask(line, std::move(request), {}, unloaded_text);
}

}  // namespace

Command unload_command() {
  return {"unload",
          "MODULE ...",
          "Removes exactly the named modules, holders first. What they depend on stays. A module "
          "in use\n"
          "is never forced out.\n\n"
          "  modgate unload vxlan\n"
          "  modgate unload vxlan udp_tunnel",
          true,
          {},
          unload};
}

}  // namespace modgate
