// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// An option of one command, `--name` or `--name ARGUMENT`.
struct CommandOption {
  const char* name;
  const char* argument;  ///< what its value is called; nullptr for a flag
  const char* help;
  bool repeats = false;  ///< may be given several times
};

struct CommandLine;

/// One command of the program: `load`, or of two words as `policy check`.
struct Command {
  const char* name;
  const char* usage;  ///< behind "modgate NAME"
  const char* help;   ///< what it does, with an example
  bool takes_reason = false;
  std::vector<CommandOption> options = {};
  int (*run)(const CommandLine&) = nullptr;
};

/// What was typed, taken apart.
struct CommandLine {
  const Command* command = nullptr;  ///< nullptr: none was named; then help or version is set
  std::vector<std::string> words;    ///< the command's arguments
  bool json = false;
  bool interactive = true;
  bool help = false;
  bool version = false;
  std::optional<std::string> reason;
  std::optional<std::string> socket;
  /// The command's own options that were given, by name; a flag has an empty value.
  std::map<std::string, std::string, std::less<>> given = {};
  /// All values of options that may be given several times; `given` has the last.
  std::map<std::string, std::vector<std::string>, std::less<>> repeated = {};

  /// The value of a command's own option; empty where it was not given.
  [[nodiscard]] std::string option(std::string_view name) const {
    const auto found = given.find(name);
    return found == given.end() ? std::string() : found->second;
  }

  /// The values of an option that may be given several times.
  [[nodiscard]] std::vector<std::string> options(std::string_view name) const {
    const auto found = repeated.find(name);
    return found == repeated.end() ? std::vector<std::string>() : found->second;
  }
};

/// Options stand before or after the command and its arguments; `--` ends them; none is guessed
/// from an abbreviation. A command that has an option `last` takes `-n NUMBER` for it. Errors are
/// Outcome::usage.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const std::vector<Command>& commands);

/// Which of `commands` the arguments name, before they are parsed; nullptr for none.
const Command* find_command(const std::vector<std::string>& arguments,
                            const std::vector<Command>& commands);

/// Whether `--json` stands among the arguments: errors of the command line are printed so too.
bool wants_json(const std::vector<std::string>& arguments);

/// The arguments without the program's name; nothing for an empty vector (execve(2) allows one).
std::vector<std::string> arguments_of(int argc, char** argv);

/// Usage, text and options of one command.
std::string help_of(const Command& command);

}  // namespace modgate
