// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"
#include "gate/cli/plan_text.h"

namespace modgate {
namespace {

int plan_load(const CommandLine& line) {
  Request request;
  request.verb = Verb::plan_load;
  auto file = take_module_and_parameters(line, request);
  if (!file) return Output(line.json).refuse(file.error());
  return ask(line, std::move(request), *file, plan_text);
}

int plan_unload(const CommandLine& line) {
  Request request;
  request.verb = Verb::plan_unload;
  request.modules = line.words;
  return ask(line, std::move(request), {}, plan_text);
}

}  // namespace

Command plan_load_command() {
  return {
      "plan load",
      "MODULE|./FILE.ko [PARAM=VALUE ...]",
      "Shows what the same load would do, what would be decided and why, and whether the kernel\n"
      "itself would refuse. Changes nothing and asks for no password.\n\n"
      "  modgate plan load vxlan",
      true,
      {},
      plan_load};
}

Command plan_unload_command() {
  return {"plan unload",
          "MODULE ...",
          "Shows what the same unload would do, and what would be decided. Changes nothing.\n\n"
          "  modgate plan unload vxlan",
          true,
          {},
          plan_unload};
}

}  // namespace modgate
