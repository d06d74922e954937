// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "gate/cli/admin/commands.h"
#include "gate/cli/output.h"

namespace modgate {
namespace {

int run(const std::vector<std::string>& arguments) {
  // Ignored by whoever started this, it would hide how an editor or a program ended (wait(2)).
  if (::signal(SIGCHLD, SIG_DFL) == SIG_ERR) return static_cast<int>(Outcome::failed);
  const std::vector<Command> commands = {
      policy_check_command(), policy_edit_command(),      import_sudoers_command(),
      log_command(),          log_head_command(),         log_prove_command(),
      log_verify_command(),   log_verify_proof_command(), log_who_command(),
      log_sign_off_command(), report_command(),           pin_command()};
  auto line = parse_command_line(arguments, commands);
  if (!line) return Output(wants_json(arguments)).refuse(line.error());
  if (line->version) {
    std::cout << "modgate " MODGATE_VERSION "\n";
    return 0;
  }
  if (line->help && line->command != nullptr) {
    std::cout << help_of(*line->command);
    return 0;
  }
  if (line->command == nullptr) {
    return Output(line->json).refuse(Error{Outcome::usage, "see: modgate --help"});
  }
  return line->command->run(*line);
}

}  // namespace
}  // namespace modgate

int main(int argc, char** argv) {
  try {
    return modgate::run(modgate::arguments_of(argc, argv));
  } catch (const std::exception& failure) {
    std::cerr << "modgate: " << failure.what() << '\n';
    return static_cast<int>(modgate::Outcome::failed);
  }
}
