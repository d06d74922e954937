// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <set>
#include <sstream>

namespace modgate {
namespace {

namespace po = boost::program_options;

constexpr const char* kLast = "last";
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

po::options_description options_for_all() {
  po::options_description all("Options");
  all.add_options()                                                             //
      ("reason,r", po::value<std::string>()->value_name("TEXT"),                //
       "why, for the record; some rules ask for it")                            //
      ("non-interactive,n", "never prompt; exit 4 where a password is needed")  //
      ("json", "print one JSON object a line, errors too")                      //
      ("socket", po::value<std::string>()->value_name("PATH"),                  //
       "where the helper listens")                                              //
      ("help,h", "show this")                                                   //
      ("version", "print the version");
  return all;
}

po::options_description options_of(const Command& command) {
  po::options_description own("Options of this command");
  for (const CommandOption& option : command.options) {
    if (option.argument == nullptr) {
      own.add_options()(option.name, option.help);
    } else if (option.repeats) {
      own.add_options()(option.name,
                        po::value<std::vector<std::string>>()->value_name(option.argument),
                        option.help);
    } else {
      own.add_options()(option.name, po::value<std::string>()->value_name(option.argument),
                        option.help);
    }
  }
  return own;
}

bool has_last(const Command& command) {
  return std::any_of(command.options.begin(), command.options.end(),
                     [](const CommandOption& option) { return option.name == std::string(kLast); });
}

/// Options whose value is the next argument, of all commands: what follows one is no command.
std::set<std::string> options_with_value(const std::vector<Command>& commands) {
  std::set<std::string> names = {"-r", "--reason", "--socket"};
  for (const Command& command : commands) {
    for (const CommandOption& option : command.options) {
      if (option.argument != nullptr) names.insert(std::string("--") + option.name);
    }
  }
  return names;
}

/// Whether the argument behind `argument` is its value. Of short options in one (`-nr TEXT`) the
/// first with a value takes all that follows.
bool takes_next(const std::string& argument, const std::set<std::string>& with_value) {
  if (with_value.contains(argument)) return true;
  const bool is_short = argument.size() > 2 && argument[0] == '-' && argument[1] != '-';
  return is_short && argument.find('r') == argument.size() - 1;
}

/// The position of the next argument from `from` on that is no option and no option's value.
std::size_t next_word(const std::vector<std::string>& arguments, std::size_t from,
                      const std::set<std::string>& with_value) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--") - arguments.begin();
  for (std::size_t at = from; at < arguments.size(); ++at) {
    if (static_cast<std::ptrdiff_t>(at) == end) continue;
    const std::string& argument = arguments[at];
    if (static_cast<std::ptrdiff_t>(at) > end || argument.empty() || argument.front() != '-') {
      return at;
    }
    if (takes_next(argument, with_value)) ++at;
  }
  return kNone;
}

struct Named {
  const Command* command = nullptr;
  std::size_t first = kNone;
  std::size_t second = kNone;  ///< of a command of two words
};

Named name_command(const std::vector<std::string>& arguments,
                   const std::vector<Command>& commands) {
  const std::set<std::string> with_value = options_with_value(commands);
  Named named;
  named.first = next_word(arguments, 0, with_value);
  if (named.first == kNone) return named;
  const std::size_t second = next_word(arguments, named.first + 1, with_value);
  const std::string& one = arguments[named.first];
  const std::string two = second == kNone ? one : one + ' ' + arguments[second];
  for (const Command& command : commands) {
    if (second != kNone && two == command.name) return {&command, named.first, second};
    const bool is_one_word = one.find(' ') == std::string::npos;
    if (is_one_word && one == command.name) named.command = &command;
  }
  return named;
}

/// `-n 20` of a command with an option `last` is `--last=20`.
void read_numbers(std::vector<std::string>& arguments, const std::set<std::string>& with_value) {
  for (std::size_t at = 0; at + 1 < arguments.size() && arguments[at] != "--"; ++at) {
    if (takes_next(arguments[at], with_value)) {
      ++at;
      continue;
    }
    const std::string& number = arguments[at + 1];
    const bool is_number = !number.empty() && std::all_of(number.begin(), number.end(), [](char c) {
      return c >= '0' && c <= '9';
    });
    if (arguments[at] != "-n" || !is_number) continue;
    arguments[at] = "--last=" + number;
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

Error no_command(const std::vector<std::string>& arguments, const Named& named,
                 const std::vector<Command>& commands) {
  if (named.first == kNone) return {Outcome::usage, "no command is given; see: modgate --help"};
  const std::string& word = arguments[named.first];
  std::string known;
  for (const Command& command : commands) {
    if (std::string(command.name).starts_with(word + ' ')) {
      known += (known.empty() ? "" : ", ") + std::string(command.name);
    }
  }
  if (!known.empty()) return {Outcome::usage, word + " what? There is: " + known};
  return {Outcome::usage, "there is no command '" + word + "'; see: modgate --help"};
}

/// Takes what is no option and no option's value.
Status take_words(CommandLine& line, const po::parsed_options& parsed) {
  for (const po::option& option : parsed.options) {
    if (option.position_key < 0) continue;
    // An option without a name, `--=value`, comes as a word too.
    if (option.value.size() != 1 || option.value != option.original_tokens) {
      return Error{Outcome::usage, "an option without a name"};
    }
    line.words.push_back(option.value.front());
  }
  return Done{};
}

void take_given(CommandLine& line, const po::variables_map& given, const Command* command) {
  line.json = given.contains("json");
  line.interactive = !given.contains("non-interactive");
  line.help = given.contains("help");
  line.version = given.contains("version");
  if (given.contains("reason")) line.reason = given["reason"].as<std::string>();
  if (given.contains("socket")) line.socket = given["socket"].as<std::string>();
  if (command == nullptr) return;
  for (const CommandOption& option : command->options) {
    if (!given.contains(option.name)) continue;
    if (option.repeats) {
      line.repeated[option.name] = given[option.name].as<std::vector<std::string>>();
      line.given[option.name] = line.repeated[option.name].back();
      continue;
    }
    line.given[option.name] =
        option.argument == nullptr ? std::string() : given[option.name].as<std::string>();
  }
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const std::vector<Command>& commands) {
  const Named named = name_command(arguments, commands);
  std::vector<std::string> rest = arguments;
  // The later one first, so that the other's place stays.
  for (const std::size_t at : {named.second, named.first}) {
    if (named.command != nullptr && at != kNone) {
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  if (named.command != nullptr && has_last(*named.command)) {
    read_numbers(rest, options_with_value(commands));
  }

  po::options_description known = options_for_all();
  if (named.command != nullptr) known.add(options_of(*named.command));
  CommandLine line;
  line.command = named.command;
  try {
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(rest).options(known).style(style).run();
    if (auto taken = take_words(line, parsed); !taken) return taken.error();
    po::variables_map given;
    po::store(parsed, given);
    take_given(line, given, named.command);
  } catch (const po::error& error) {
    // Which options there are depends on the command: without one, that is what is wrong.
    if (named.command == nullptr && named.first != kNone) {
      return no_command(arguments, named, commands);
    }
    return Error{Outcome::usage, error.what()};
  }
  if (named.command == nullptr && !line.help && !line.version) {
    return no_command(arguments, named, commands);
  }
  if (named.command != nullptr && line.reason && !named.command->takes_reason) {
    return Error{Outcome::usage, std::string(named.command->name) + " takes no reason"};
  }
  return line;
}

const Command* find_command(const std::vector<std::string>& arguments,
                            const std::vector<Command>& commands) {
  return name_command(arguments, commands).command;
}

bool wants_json(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

std::vector<std::string> arguments_of(int argc, char** argv) {
  if (argc < 1 || argv == nullptr) return {};
  return {argv + 1, argv + argc};
}

std::string help_of(const Command& command) {
  std::ostringstream text;
  text << "Usage: modgate " << command.name << ' ' << command.usage << "\n\n"
       << command.help << "\n\n";
  if (!command.options.empty()) text << options_of(command) << '\n';
  text << options_for_all();
  return text.str();
}

}  // namespace modgate
