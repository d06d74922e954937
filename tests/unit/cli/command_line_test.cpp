// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/command_line.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "gate/cli/administration.h"
#include "gate/cli/commands.h"

using namespace modgate;

namespace {

using Arguments = std::vector<std::string>;

const std::vector<Command>& commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> made = {load_command(),      reload_command(),      unload_command(),
                                 plan_load_command(), plan_unload_command(), list_command(),
                                 status_command()};
    for (Command& command : administration_commands()) made.push_back(std::move(command));
    return made;
  }();
  return all;
}

/// What the arguments come to, in one line: the command, its words and what was given, or "usage".
std::string read(const Arguments& arguments) {
  const auto line = parse_command_line(arguments, commands());
  if (!line) return line.error().outcome == Outcome::usage ? "usage" : "other";
  std::string text = line->command == nullptr ? "none" : line->command->name;
  for (const std::string& word : line->words) text += " [" + word + ']';
  if (line->json) text += " json";
  if (!line->interactive) text += " never-prompts";
  if (line->help) text += " help";
  if (line->version) text += " version";
  if (line->reason) text += " reason=" + *line->reason;
  if (line->socket) text += " socket=" + *line->socket;
  for (const auto& [name, value] : line->given) text += ' ' + name + '=' + value;
  return text;
}

struct Row {
  Arguments arguments;
  std::string read;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    std::string typed = "modgate";
    for (const std::string& argument : row.arguments) typed += ' ' + argument.substr(0, 40);
    CAPTURE(typed);
    CHECK(read(row.arguments) == row.read);
  }
}

}  // namespace

TEST_CASE("Options stand before and after the command and its arguments") {
  const std::string all = "load [tun] [a=1] json never-prompts reason=why socket=/s";
  check({
      {{"load", "tun"}, "load [tun]"},
      {{"--json", "-n", "-r", "why", "--socket", "/s", "load", "tun", "a=1"}, all},
      {{"load", "--json", "-n", "-r", "why", "--socket", "/s", "tun", "a=1"}, all},
      {{"load", "tun", "a=1", "--json", "-n", "-r", "why", "--socket", "/s"}, all},
      {{"load", "tun", "--json", "a=1", "-n", "--reason=why", "--socket=/s"}, all},
      {{"--non-interactive", "--reason", "why", "load", "tun", "--socket", "/s", "a=1", "--json"},
       all},
      {{"-rwhy", "load", "tun"}, "load [tun] reason=why"},
      {{"load", "tun", "-r"}, "usage"},
      {{"load", "tun", "--reason"}, "usage"},
      {{"load", "tun", "--socket"}, "usage"},
      {{"load", "tun", "-r", "one", "-r", "two"}, "usage"},
      {{"load", "tun", "--json=yes"}, "usage"},
      {{"load", "tun", "-n=yes"}, "usage"},
  });
}

TEST_CASE("An option's value is never taken for the command, however it is written") {
  check({
      {{"-r", "list", "load", "tun"}, "load [tun] reason=list"},
      {{"--reason", "list", "load", "tun"}, "load [tun] reason=list"},
      {{"--socket", "list", "load", "tun"}, "load [tun] socket=list"},
      {{"-nr", "list", "load", "tun"}, "load [tun] never-prompts reason=list"},
      {{"-nr", "load", "unload", "tun"}, "unload [tun] never-prompts reason=load"},
      {{"-nrload", "unload", "tun"}, "unload [tun] never-prompts reason=load"},
      {{"-rn", "unload", "tun"}, "unload [tun] reason=n"},
      {{"plan", "-nr", "load", "unload", "tun"}, "plan unload [tun] never-prompts reason=load"},
      {{"--user", "verify", "log"}, "log user=verify"},
      {{"log", "--user", "verify"}, "log user=verify"},
      {{"log", "verify"}, "log verify"},
  });
}

TEST_CASE("A reason that looks like an option is a reason or refused, never an option") {
  check({
      {{"load", "tun", "-r", "--json"}, "load [tun] reason=--json"},
      {{"load", "tun", "-r", "-x"}, "load [tun] reason=-x"},
      {{"load", "tun", "-r-n"}, "load [tun] reason=-n"},
      {{"load", "tun", "--reason=-n"}, "load [tun] reason=-n"},
      {{"load", "tun", "-r", "-n"}, "usage"},
      {{"load", "tun", "-r", "--"}, "load [tun] reason=--"},
      {{"-r", "--", "load", "tun", "--json"}, "load [tun] json reason=--"},
      {{"load", "tun", "-r", ""}, "load [tun] reason="},
      {{"load", "tun", "--reason="}, "usage"},
  });
}

TEST_CASE("Two dashes end the options") {
  check({
      {{"load", "tun", "--", "--json"}, "load [tun] [--json]"},
      {{"load", "tun", "--json"}, "load [tun] json"},
      {{"load", "--", "-r", "why"}, "load [-r] [why]"},
      {{"load", "-r", "why", "--", "tun"}, "load [tun] reason=why"},
      {{"--", "load", "tun", "-n"}, "load [tun] [-n]"},
      {{"plan", "--", "load", "--help"}, "plan load [--help]"},
      {{"load", "--", "--", "tun"}, "load [--] [tun]"},
      {{"--json", "--", "status"}, "status json"},
      {{"log", "--", "-n", "20"}, "log [-n] [20]"},
      {{"--", "--json"}, "usage"},
      {{"--"}, "usage"},
  });
}

TEST_CASE("Every command takes -n and --json, and -n of log takes a number besides") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    Arguments words;
    const std::string name = command.name;
    const std::size_t blank = name.find(' ');
    words.push_back(name.substr(0, blank));
    if (blank != std::string::npos) words.push_back(name.substr(blank + 1));
    for (const std::size_t at : {std::size_t{0}, words.size()}) {
      Arguments arguments = words;
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(at), {"-n", "--json"});
      CHECK(read(arguments) == name + " json never-prompts");
    }
  }
  check({
      {{"log", "-n", "20"}, "log last=20"},
      {{"log", "-n", "20", "-n"}, "log never-prompts last=20"},
      {{"log", "-n"}, "log never-prompts"},
      {{"-n", "log"}, "log never-prompts"},
      {{"log", "-n", "--json"}, "log json never-prompts"},
      {{"log", "--last", "20"}, "log last=20"},
      {{"--last", "20", "log"}, "log last=20"},
      {{"log", "-n", "20", "-n", "30"}, "usage"},
      {{"log", "-n", "x"}, "log [x] never-prompts"},
      {{"log", "-n", ""}, "log [] never-prompts"},
      {{"status", "-n", "20"}, "status [20] never-prompts"},
      {{"load", "tun", "-n", "20"}, "load [tun] [20] never-prompts"},
      {{"log", "--user", "-n", "20"}, "usage"},
  });
}

TEST_CASE("Commands of two words are found with options between, and not out of one") {
  check({
      {{"plan", "load", "tun"}, "plan load [tun]"},
      {{"plan", "--json", "load", "-n", "tun"}, "plan load [tun] json never-prompts"},
      {{"plan", "-r", "why", "unload", "tun"}, "plan unload [tun] reason=why"},
      {{"log", "--json", "verify"}, "log verify json"},
      {{"load", "plan"}, "load [plan]"},
      {{"load", "load"}, "load [load]"},
      {{"unload", "plan", "load"}, "unload [plan] [load]"},
      {{"plan"}, "usage"},
      {{"plan", "reload"}, "usage"},
      {{"plan load", "tun"}, "usage"},
      {{"policy"}, "usage"},
      {{"policy", "verify"}, "usage"},
  });
}

TEST_CASE("What is not known is usage, and nothing is guessed") {
  check({
      {{}, "usage"},
      {{""}, "usage"},
      {{"lo"}, "usage"},
      {{"Load", "tun"}, "usage"},
      {{"load ", "tun"}, "usage"},
      {{"load", "tun", "--force"}, "usage"},
      {{"load", "tun", "-f"}, "usage"},
      {{"load", "tun", "-nf"}, "usage"},
      {{"load", "tun", "--reas", "why"}, "usage"},
      {{"load", "tun", "--js"}, "usage"},
      {{"load", "tun", "--JSON"}, "usage"},
      {{"load", "tun", "--non"}, "usage"},
      {{"load", "tun", "/json"}, "load [tun] [/json]"},
      {{"load", "tun", "-json"}, "usage"},
      {{"load", "tun", "--words", "veth"}, "usage"},
      {{"load", "--words=tun"}, "usage"},
      {{"load", "tun", "--user", "alice"}, "usage"},
      {{"log", "--user", "alice"}, "log user=alice"},
      {{"log", "--use", "alice"}, "usage"},
      {{"log", "--follow"}, "log follow="},
      {{"log", "--follow=yes"}, "usage"},
      {{"load", "tun", "-"}, "load [tun] [-]"},
  });
}

TEST_CASE("A reason is taken where something is asked for, and nowhere else") {
  check({
      {{"load", "tun", "-r", "why"}, "load [tun] reason=why"},
      {{"reload", "./m.ko", "-r", "why"}, "reload [./m.ko] reason=why"},
      {{"unload", "tun", "-r", "why"}, "unload [tun] reason=why"},
      {{"plan", "load", "tun", "-r", "why"}, "plan load [tun] reason=why"},
      {{"plan", "unload", "tun", "-r", "why"}, "plan unload [tun] reason=why"},
      {{"list", "-r", "why"}, "usage"},
      {{"status", "-r", "why"}, "usage"},
      {{"-r", "why", "log"}, "usage"},
  });
}

TEST_CASE("Help and version need no command, and help goes with each") {
  check({
      {{"--help"}, "none help"},
      {{"-h"}, "none help"},
      {{"--version"}, "none version"},
      {{"load", "--help"}, "load help"},
      {{"--help", "plan", "load"}, "plan load help"},
      {{"lo", "--help"}, "none [lo] help"},
      {{"--vers"}, "usage"},
  });
  for (const Command& command : commands()) {
    if (command.run == nullptr) continue;
    CAPTURE(command.name);
    const std::string help = help_of(command);
    CHECK_THAT(help, Catch::Matchers::StartsWith("Usage: modgate " + std::string(command.name)));
    CHECK_THAT(help, Catch::Matchers::ContainsSubstring("  modgate "));
    for (const CommandOption& option : command.options) {
      CHECK_THAT(help, Catch::Matchers::ContainsSubstring("--" + std::string(option.name)));
    }
  }
}

TEST_CASE("Hostile arguments are words like any other", "[CVE-2021-3156]") {
  const std::string huge(std::size_t{64} * 1024, 'x');
  check({
      {{"load", ""}, "load []"},
      {{"load", "tun\\"}, "load [tun\\]"},
      {{"load", "tun", "a=b\\"}, "load [tun] [a=b\\]"},
      {{"load", "tun", "-r", "why\\"}, "load [tun] reason=why\\"},
      {{"load", "a b", "\n"}, "load [a b] [\n]"},
      {{"load", "\xff\xfe"}, "load [\xff\xfe]"},
      {{"load", "@file"}, "load [@file]"},
      {{"load", "a=--b"}, "load [a=--b]"},
      {{"load", huge}, "load [" + huge + ']'},
      {{"load", "tun", "-r", huge}, "load [tun] reason=" + huge},
      {{huge}, "usage"},
      {{"--" + huge}, "usage"},
      {{"load", "--" + huge}, "usage"},
      {{"load", "-" + huge}, "usage"},
      {{"load", "--=x"}, "usage"},
      {{"load", "---"}, "usage"},
      {{"load", "--json="}, "usage"},
  });
  Arguments many = {"status"};
  many.insert(many.end(), 10000, "tun");
  const auto line = parse_command_line(many, commands());
  REQUIRE(line);
  CHECK(line->words.size() == 10000);
}

TEST_CASE("A program that is started without even its name has no arguments", "[CVE-2021-4034]") {
  std::array<char*, 1> nobody = {nullptr};
  CHECK(arguments_of(0, nobody.data()).empty());
  CHECK(arguments_of(0, nullptr).empty());
  std::string program = "modgate";
  std::string list = "list";
  std::array<char*, 3> two = {program.data(), list.data(), nullptr};
  CHECK(arguments_of(1, two.data()).empty());
  CHECK(arguments_of(2, two.data()) == Arguments{"list"});
}

TEST_CASE("Errors are printed as JSON where --json is an option") {
  CHECK(wants_json({"--json", "load"}));
  CHECK(wants_json({"lo", "--json"}));
  CHECK_FALSE(wants_json({"load", "--", "--json"}));
  CHECK_FALSE(wants_json({"load", "json"}));
  CHECK_FALSE(wants_json({}));
}

TEST_CASE("The command is found before the options are understood") {
  const Command* found = find_command({"--nonsense", "log", "verify"}, commands());
  REQUIRE(found != nullptr);
  CHECK(std::string(found->name) == "log verify");
  CHECK(find_command({"--nonsense", "verify"}, commands()) == nullptr);
  CHECK(find_command({}, commands()) == nullptr);
}

TEST_CASE("An option of one command is usage with every other", "[CVE-2025-32462]") {
  // What asks for a load or an unload, or shows what would become of it, knows no option of a
  // command that looks things up.
  for (const char* asks : {"load", "unload", "reload", "plan load", "plan unload"}) {
    const auto command =
        std::find_if(commands().begin(), commands().end(),
                     [&](const Command& one) { return one.name == std::string_view(asks); });
    REQUIRE(command != commands().end());
    CHECK(command->options.empty());
  }
  int taken = 0;
  int refused = 0;
  for (const Command& owner : commands()) {
    for (const CommandOption& option : owner.options) {
      const std::string name =
          std::string(option.name).substr(0, std::string(option.name).find(','));
      for (const Command& command : commands()) {
        CAPTURE(command.name, name);
        Arguments arguments = {"--" + name};
        if (option.argument != nullptr) arguments.emplace_back("1");
        const std::string words = command.name;
        const auto blank = words.find(' ');
        arguments.push_back(words.substr(0, blank));
        if (blank != std::string::npos) arguments.push_back(words.substr(blank + 1));
        const bool own = std::any_of(
            command.options.begin(), command.options.end(), [&](const CommandOption& known) {
              return std::string_view(known.name) == option.name &&
                     (known.argument == nullptr) == (option.argument == nullptr);
            });
        CHECK((read(arguments) != "usage") == own);
        (own ? taken : refused) += 1;
      }
    }
  }
  CHECK(taken > 10);
  CHECK(refused > 100);
}

TEST_CASE("No option names a root, a tree or a configuration", "[CVE-2025-32463]") {
  for (const char* option : {"-C",
                             "-d",
                             "-D",
                             "-R",
                             "-S",
                             "--chroot",
                             "--root",
                             "--basedir",
                             "--dirname",
                             "--chdir",
                             "--config",
                             "--policy",
                             "--policy-dir",
                             "--signers",
                             "--modules-dir",
                             "--set-version",
                             "--pam-service",
                             "--audit-dir",
                             "--user",
                             "--uid",
                             "--runas"}) {
    for (const char* command : {"load", "unload", "reload", "list", "status"}) {
      CAPTURE(option, command);
      CHECK(read({command, "tun", option, "/tmp"}) == "usage");
      CHECK(read({option, "/tmp", command, "tun"}) == "usage");
      CHECK(read({command, "tun", std::string(option) + "=/tmp"}) == "usage");
    }
  }
}
