// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "gate/cli/ask.h"
#include "gate/cli/commands.h"
#include "gate/cli/plan_text.h"

namespace modgate {
namespace {

Error what_is_tested() {
  return {Outcome::usage, "policy test what? See: modgate policy test --help"};
}

int policy_test(const CommandLine& line) {
  Request request;
  request.user = line.option("user");
  if (line.given.contains("user") && request.user.empty()) {
    return Output(line.json).refuse(Error{Outcome::usage, "--user is empty"});
  }
  CommandLine rest = line;
  if (rest.words.empty()) return Output(line.json).refuse(what_is_tested());
  const std::string action = rest.words.front();
  rest.words.erase(rest.words.begin());
  if (action == "unload") {
    request.verb = Verb::policy_test_unload;
    request.modules = std::move(rest.words);
    return ask(line, std::move(request), {}, plan_text);
  }
  if (action != "load") return Output(line.json).refuse(what_is_tested());
  request.verb = Verb::policy_test_load;
  auto file = take_module_and_parameters(rest, request);
  if (file && !file->empty()) {
    file = Error{Outcome::usage,
                 "policy test takes modules of the kernel's tree; for a file: plan load"};
  }
  if (!file) return Output(line.json).refuse(file.error());
  return ask(line, std::move(request), {}, plan_text);
}

}  // namespace

Command policy_test_command() {
  return {
      "policy test",
      "[--user NAME] load|unload MODULE [PARAM=VALUE ...]",
      "Shows what would be decided, and why, for you or for anyone: the same plan that the person\n"
      "would see. Only root and members of modgate-audit may ask for others.\n\n"
      "  modgate policy test --user alice load vxlan",
      true,
      {{"user", "NAME", "whose request it would be"}},
      policy_test};
}

}  // namespace modgate
