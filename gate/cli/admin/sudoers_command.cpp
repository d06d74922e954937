// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/sudoers_command.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <vector>

#include "gate/policy/module_name.h"

namespace modgate {
namespace {

using Kind = SudoersCommand::Kind;

constexpr std::array<std::string_view, 4> kFolders = {"/sbin/", "/usr/sbin/", "/bin/", "/usr/bin/"};
constexpr std::array<std::string_view, 4> kTools = {"modprobe", "insmod", "rmmod", "kmod"};

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestArguments = 200;

template <class List>
bool is_among(std::string_view word, const List& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_alphanumeric(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char byte) {
    return is_alphanumeric(byte) || others.find(byte) != std::string_view::npos;
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && text.front() != '-' &&
         consists_of(text, "_-");
}

SudoersCommand unsayable(std::string why) {
  return {Kind::unsayable, {}, {}, std::move(why), false};
}

SudoersCommand open_to_more(std::string why) {
  return {Kind::unsayable, {}, {}, std::move(why), true};
}

/// Whether a path with wildcards, or a directory, may stand for a tool for modules.
bool may_mean_a_tool(const std::string& path) {
  const std::string pattern = path.ends_with('/') ? path + '*' : path;
  return std::any_of(kFolders.begin(), kFolders.end(), [&](std::string_view folder) {
    return std::any_of(kTools.begin(), kTools.end(), [&](std::string_view tool) {
      const std::string whole = std::string(folder) + std::string(tool);
      return ::fnmatch(pattern.c_str(), whole.c_str(), FNM_PATHNAME) == 0;
    });
  });
}

/// The options and the other words of a tool; sudoers has no quoting that would matter here.
struct Words {
  std::vector<std::string> options;
  std::vector<std::string> others;
};

Words words_of(std::string_view arguments) {
  Words words;
  std::istringstream text{std::string(arguments)};
  bool options_end = false;
  for (std::string word; text >> word;) {
    if (!options_end && word == "--") {
      options_end = true;
    } else if (!options_end && word.size() > 1 && word.front() == '-') {
      words.options.push_back(std::move(word));
    } else {
      words.others.push_back(std::move(word));
    }
  }
  return words;
}

/// Looks at the options of modprobe or rmmod; says what is wrong with them.
std::optional<std::string> trouble_with(const std::vector<std::string>& options, bool is_modprobe,
                                        bool& removes) {
  constexpr std::array<std::string_view, 3> kHarmless = {"--quiet", "--verbose", "--syslog"};
  for (const std::string& option : options) {
    if (is_among(option, kHarmless)) continue;
    if (is_modprobe && option == "--remove") {
      removes = true;
      continue;
    }
    const bool is_long = option.starts_with("--");
    if (is_long ? option.starts_with("--force") : option.find('f') != std::string::npos) {
      return "a module is never forced";
    }
    const std::string_view letters = is_modprobe ? "rqvs" : "vs";
    if (is_long || option.find_first_not_of(letters, 1) != std::string::npos) {
      return "there is nothing like the option " + option;
    }
    removes = removes || option.find('r', 1) != std::string::npos;
  }
  return std::nullopt;
}

SudoersCommand load_command(const std::vector<std::string>& words) {
  SudoersCommand command{Kind::load, canonical_name(words.front()), {}, {}, false};
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::size_t equals = words[at].find('=');
    const std::string name = words[at].substr(0, equals);
    if (equals == std::string::npos || !is_name(name)) {
      return unsayable("'" + words[at] + "' is no PARAM=VALUE");
    }
    command.parameters.push_back({canonical_name(name), words[at].substr(equals + 1)});
  }
  return command;
}

SudoersCommand tool_command(std::string_view tool, std::string_view arguments) {
  const Words words = words_of(arguments);
  if (tool == "insmod") {
    const std::string file = words.others.empty() ? "FILE.ko" : words.others.front();
    return unsayable("a file is pinned to its bytes: 'modgate pin " + file + "' prints a rule");
  }
  if (tool == "kmod") return unsayable("name modprobe or rmmod");
  bool removes = tool == "rmmod";
  if (auto trouble = trouble_with(words.options, tool == "modprobe", removes)) {
    return unsayable(std::move(*trouble));
  }
  if (words.others.empty()) return unsayable("it names no module");
  if (!is_name(words.others.front())) {
    return unsayable("'" + words.others.front() + "' is no name of a module");
  }
  if (!removes) return load_command(words.others);
  if (words.others.size() > 1) return unsayable("several modules at once: name each by itself");
  return {Kind::unload, canonical_name(words.others.front()), {}, {}, false};
}

/// `path` has no wildcards and is of a tool.
SudoersCommand with_arguments(std::string_view tool, std::optional<std::string_view> arguments) {
  if (!arguments) {
    return open_to_more("without arguments it allows any, which is as good as root");
  }
  if (*arguments == "\"\"") return unsayable("it names no module");
  if (arguments->find_first_of("*?[]\\^$") != std::string_view::npos) {
    return open_to_more("wildcards match white space too, and with it any option");
  }
  if (arguments->size() > kLongestArguments) return unsayable("it is too long to read");
  if (!consists_of(*arguments, " \t_-./:,=+@%~")) {
    return open_to_more("there are other characters than plain ones in it");
  }
  return tool_command(tool, *arguments);
}

}  // namespace

SudoersCommand sudoers_command(std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  const std::string path(text.substr(0, blank));
  std::optional<std::string_view> arguments;
  if (blank != std::string_view::npos) {
    arguments = text.substr(std::min(text.find_first_not_of(" \t", blank), text.size()));
  }
  if (path == "ALL") return open_to_more("ALL allows every command, whatever the module");
  if (path.starts_with('^')) return open_to_more("it is a regular expression");
  if (!path.starts_with('/')) return {};
  if (path.find_first_of("*?[\\") != std::string::npos || path.ends_with('/')) {
    if (!may_mean_a_tool(path)) return {};
    return open_to_more("it stands for several programs, tools for modules among them");
  }
  const std::size_t name = path.rfind('/') + 1;
  const std::string_view tool = std::string_view(path).substr(name);
  if (!is_among(tool, kTools)) return {};
  // sudo compares the files behind two paths of one name: this may be the same program.
  if (!is_among(std::string_view(path).substr(0, name), kFolders)) {
    return open_to_more("it is not the program of the system");
  }
  return with_arguments(tool, arguments);
}

bool may_be_same(const SudoersCommand& earlier, const SudoersCommand& later) {
  if (earlier.kind == Kind::unrelated || later.kind == Kind::unrelated) return false;
  if (earlier.is_open || later.is_open) return true;
  return earlier.kind == later.kind && earlier.module == later.module;
}

}  // namespace modgate
