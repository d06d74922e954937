// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "gate/cli/administration.h"
#include "gate/cli/commands.h"
#include "gate/cli/output.h"

namespace modgate {
namespace {

constexpr const char* kHelp =
    "Usage: modgate [--json] [--socket PATH] COMMAND ...\n"
    "\n"
    "Loads and unloads the kernel modules that you may.\n"
    "\n"
    "  load MODULE [PARAM=VALUE ...]      load a module of the running kernel, by name or alias\n"
    "  load ./FILE.ko [PARAM=VALUE ...]   load a module that you built\n"
    "  unload MODULE ...                  remove modules, holders first\n"
    "  reload ./FILE.ko [PARAM=VALUE ...] unload and load in one request\n"
    "  plan load|unload ...               what the same request would do and what would be "
    "decided\n"
    "  list [MODULE ...]                  what you may do\n"
    "  status [MODULE ...]                what is loaded, by whom, through the gate or not\n"
    "  log [OPTION ...]                   search the audit log\n"
    "  log who MODULE                     who has a module loaded, and under which rule\n"
    "  log verify                         prove that the audit log is whole\n"
    "  log head                           the log's newest checkpoint, to keep elsewhere\n"
    "  log prove SEQ, verify-proof FILE   a proof that one record is in the log\n"
    "  log sign-off [--up-to N]           record that you have read the audit log\n"
    "  report [--html FILE]               a summary of the audit log\n"
    "  pin FILE.ko                        a rule for exactly this module\n"
    "  policy check [FILE ...]            errors and warnings of the policy\n"
    "  policy edit [FILE]                 edit, check and install the policy\n"
    "  policy import-sudoers FILE         the same policy for what sudoers delegates\n"
    "  policy test [--user NAME] ...      what would be decided for anyone, and why\n"
    "\n"
    "  -r, --reason TEXT       why, for the record; some rules ask for it\n"
    "  -n, --non-interactive   never prompt\n"
    "  --json                  one JSON object a line, errors too\n"
    "  --help, --version       also after a command\n"
    "\n"
    "For example: modgate load vxlan\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong command line, 3 denied, 4 not authenticated,\n"
    "5 module rejected, 6 the gate cannot serve.\n";

std::vector<Command> all_commands() {
  std::vector<Command> commands = {load_command(),      reload_command(),      unload_command(),
                                   plan_load_command(), plan_unload_command(), list_command(),
                                   status_command(),    policy_test_command()};
  for (Command& command : administration_commands()) commands.push_back(std::move(command));
  return commands;
}

/// A closed standard descriptor would be the number of the socket or of the terminal.
bool has_standard_descriptors() {
  for (const int standard : {0, 1, 2}) {
    if (::fcntl(standard, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != standard) return false;
  }
  return true;
}

int run(int argc, char** argv) {
  if (!has_standard_descriptors()) return static_cast<int>(Outcome::failed);
  const std::vector<std::string> arguments = arguments_of(argc, argv);
  const std::vector<Command> commands = all_commands();
  const Command* named = find_command(arguments, commands);
  if (named != nullptr && named->run == nullptr) {
    return go_on_as_administration(argv, wants_json(arguments));
  }
  auto line = parse_command_line(arguments, commands);
  if (!line) return Output(wants_json(arguments)).refuse(line.error());
  if (line->version) {
    std::cout << "modgate " MODGATE_VERSION "\n";
    return 0;
  }
  if (line->help) {
    std::cout << (line->command == nullptr ? std::string(kHelp) : help_of(*line->command));
    return 0;
  }
  return line->command->run(*line);
}

}  // namespace
}  // namespace modgate

int main(int argc, char** argv) {
  try {
    return modgate::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "modgate: " << failure.what() << '\n';
    return static_cast<int>(modgate::Outcome::failed);
  }
}
