// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/sudoers_translation.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "gate/cli/admin/sudoers_lines.h"
#include "gate/client/printable.h"
#include "gate/policy/parse.h"
#include "gate/policy/text_limits.h"

namespace modgate {
namespace {

using Kind = SudoersCommand::Kind;

/// What a list in a policy may have.
constexpr std::size_t kMostInList = 1024;
constexpr std::size_t kWidth = 100;
constexpr std::size_t kLongestShown = 110;  // two in a line stay below what a line may have of dots

/// Text for a comment: one line, escaped, and not too long.
std::string in_comment(std::string_view text) {
  std::string whole = printable(text);
  if (whole.size() <= kLongestShown) return whole;
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(whole[end]) & 0xc0U) == 0x80) --end;
  return whole.substr(0, end) + "...";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
    if (text.size() > kLongestShown) break;
  }
  return text;
}

/// A TOML string. The text reads as it is: it has no control characters.
std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') quoted += '\\';
    quoted += byte;
  }
  return quoted + '"';
}

std::string list_text(const std::string& key, const std::vector<std::string>& words) {
  std::string line = key + " = [";
  for (const std::string& word : words) {
    line += (&word == &words.front() ? "" : ", ") + toml_string(word);
  }
  line += "]\n";
  if (line.size() <= kWidth) return line;
  std::string lines = key + " = [\n";
  for (const std::string& word : words) lines += "  " + toml_string(word) + ",\n";
  return lines + "]\n";
}

/// One role for the same members always: whatever else says something of it says it of them.
std::string role_name(const std::vector<std::string>& members) {
  const std::string& first = members.front();
  const bool is_simple = members.size() == 1 && first.size() <= 40 &&
                         std::all_of(first.begin() + 1, first.end(), [](char byte) {
                           return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                                  byte == '_' || byte == '-';
                         });
  if (is_simple && first.front() == '%') return "sudoers-group-" + first.substr(1);
  if (is_simple && first.front() == '#') return "sudoers-uid-" + first.substr(1);
  if (is_simple && first.front() >= 'a' && first.front() <= 'z') return "sudoers-user-" + first;
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const std::string& member : members) {
    for (const char byte : member + '\n') {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
  }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) {
    digits += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 0xfU];
  }
  return "sudoers-" + digits;
}

bool have_common_user(const SudoersUsers& left, const SudoersUsers& right) {
  if (left.is_open || right.is_open) return true;
  return std::any_of(left.logins.begin(), left.logins.end(), [&](const std::string& login) {
    return std::binary_search(right.logins.begin(), right.logins.end(), login);
  });
}

/// What lines behind one say of the same command: of all that match sudo takes the last.
struct Later {
  bool forbids = false;
  bool asks_password = false;
};

Later later_than(const std::vector<SudoersLine>& lines, std::size_t at) {
  Later later;
  for (std::size_t next = at + 1; next < lines.size(); ++next) {
    if (!lines[next].is_negated && !lines[next].asks_password) continue;
    if (!may_be_same(lines[at].command, lines[next].command) ||
        !have_common_user(*lines[at].users, *lines[next].users)) {
      continue;
    }
    (lines[next].is_negated ? later.forbids : later.asks_password) = true;
  }
  return later;
}

/// Why no rule can stand for a line; empty where one can.
std::string trouble_with(const SudoersFile& file, const SudoersLine& line, const Later& later) {
  const SudoersUsers& users = *line.users;
  const SudoersHosts& hosts = *line.hosts;
  if (line.is_negated)
    return "what no rule allows is denied; earlier lines that it concerns are not translated";
  if (line.command.kind == Kind::unsayable) return line.command.why;
  if (users.has_negated) return "a role has no users that are left out";
  if (users.members.empty()) return "no user or group that a role can name";
  if (users.members.size() > kMostInList) return "more than 1024 users: name a group";
  if (!line.is_root) return "not as root, or not surely";
  if (hosts.has_negated) return "a rule has no hosts that are left out";
  if (!hosts.all && hosts.names.empty()) return "no host that a rule can name";
  if (!hosts.all && hosts.names.size() > kMostInList) return "more than 1024 hosts";
  if (!line.option.empty()) return "a rule has nothing like the option " + line.option;
  if (later.forbids) return "a later line takes it away, from some of these users at least";
  if (file.asks_another_password && (line.asks_password || later.asks_password)) {
    return "sudo asks for the password of another here, Modgate for the caller's own";
  }
  return {};
}

/// All of a rule but the modules, as a policy writes it.
std::string terms_of(const SudoersLine& line, const Later& later) {
  const bool asks = line.asks_password || later.asks_password;
  // Said in any case: the policy that this becomes a part of may have another default.
  std::string text = asks ? "authenticate = true\n" : "authenticate = false\n";
  if (!line.hosts->all) text += list_text("hosts", line.hosts->names);
  if (!line.not_before.empty()) text += "not_before = " + line.not_before + '\n';
  if (!line.expires.empty()) text += "expires = " + line.expires + '\n';
  return text;
}

struct Actions {
  bool load = false;
  bool unload = false;

  friend auto operator<=>(const Actions&, const Actions&) = default;

  [[nodiscard]] std::vector<std::string> words() const {
    if (load && unload) return {"load", "unload"};
    return {load ? "load" : "unload"};
  }
};

/// A line with parameters: a rule can allow them, and cannot ask for them.
struct WithParameters {
  const SudoersLine* line;
  std::string terms;
};

class Translation {
 public:
  explicit Translation(const SudoersFile& file) : file_(file) {
    for (std::size_t at = 0; at < file.lines.size(); ++at) {
      add(file.lines[at], later_than(file.lines, at));
    }
  }

  [[nodiscard]] std::string text() const {
    std::string text = comments_;
    if (file_.has_defaults) {
      text +=
          "# Not translated: Defaults. For the times and ways of authentication see "
          "modgate.toml(5).\n";
    }
    for (const std::string& name : order_) text += role_text(name, roles_.at(name));
    if (order_.empty()) text += "# No line allows what a rule can say.\n";
    return text;
  }

 private:
  struct Role {
    std::vector<std::string> members;
    /// What may be done to each module, by the rest of the rule.
    std::map<std::string, std::map<std::string, Actions>> modules;
    std::vector<WithParameters> with_parameters;
  };

  void add(const SudoersLine& line, const Later& later) {
    const std::string trouble = trouble_with(file_, line, later);
    if (!trouble.empty()) return comment(line, {trouble}, "Not translated");
    const std::string name = role_name(line.users->members);
    const auto [found, is_new] = roles_.try_emplace(name);
    if (is_new) order_.push_back(name);
    Role& role = found->second;
    role.members = line.users->members;
    const std::string terms = terms_of(line, later);
    if (line.command.parameters.empty()) {
      Actions& actions = role.modules[terms][line.command.module];
      (line.command.kind == Kind::load ? actions.load : actions.unload) = true;
    } else {
      role.with_parameters.push_back({&line, terms});
    }
    comment_on_difference(line, later);
  }

  void comment(const SudoersLine& line, const std::vector<std::string>& reasons,
               const std::string& what) {
    std::vector<std::string> users = line.users->members;
    users.insert(users.end(), line.users->others.begin(), line.users->others.end());
    comments_ += "# " + what + ": " + in_comment(joined(users)) + ": " +
                 (line.is_negated ? "!" : "") + in_comment(line.text) + '\n';
    for (const std::string& reason : reasons) comments_ += "#   " + in_comment(reason) + '\n';
  }

  /// How the rule is narrower than the line.
  void comment_on_difference(const SudoersLine& line, const Later& later) {
    std::vector<std::string> words;
    if (!line.users->others.empty()) {
      words.push_back("not for " + joined(line.users->others) + ", whom a role cannot name");
    }
    if (!line.hosts->all && !line.hosts->others.empty()) {
      words.push_back("not on " + joined(line.hosts->others) + ", which a rule cannot name");
    }
    if (later.asks_password && !line.asks_password) {
      words.push_back("with authentication, as a later line may ask for a password");
    }
    if (!words.empty()) comment(line, words, "Narrower than the line");
  }

  static std::string rule_text(const std::string& role, const std::vector<std::string>& modules,
                               const Actions& actions, const std::string& terms) {
    return "\n[[role." + role + ".allow]]\n" + list_text("modules", modules) +
           list_text("actions", actions.words()) + terms;
  }

  static std::string parameters_text(const std::string& name, const Role& role,
                                     const WithParameters& entry) {
    const SudoersCommand& command = entry.line->command;
    std::string rule = rule_text(name, {command.module}, {true, false}, entry.terms) + "params." +
                       command.module + " = { ";
    for (const Parameter& parameter : command.parameters) {
      rule += (&parameter == &command.parameters.front() ? "" : ", ") + parameter.name +
              " = { enum = [" + toml_string(parameter.value) + "] }";
    }
    rule += " }\n";
    // Without that parameter the module may be loaded only where another line says so.
    const auto terms = role.modules.find(entry.terms);
    if (command.parameters.size() == 1 && terms != role.modules.end()) {
      const auto module = terms->second.find(command.module);
      if (module != terms->second.end() && module->second.load) return rule;
    }
    std::string text = "\n# Not translated: " + in_comment(entry.line->text) +
                       "\n#   a rule can allow parameters, not ask for them: this one would allow "
                       "the load without them, too";
    for (const char byte : rule) text += byte == '\n' ? std::string("\n# ") : std::string(1, byte);
    return text.substr(0, text.size() - 2);
  }

  static std::string role_text(const std::string& name, const Role& role) {
    std::string text = "\n[role." + name + "]\n" + list_text("members", role.members);
    for (const auto& [terms, modules] : role.modules) {
      std::map<Actions, std::vector<std::string>> by_actions;
      for (const auto& [module, actions] : modules) by_actions[actions].push_back(module);
      for (const auto& [actions, names] : by_actions) {
        for (std::size_t at = 0; at < names.size(); at += kMostInList) {
          const auto begin = names.begin() + static_cast<std::ptrdiff_t>(at);
          const auto end =
              begin + static_cast<std::ptrdiff_t>(std::min(kMostInList, names.size() - at));
          text += rule_text(name, {begin, end}, actions, terms);
        }
      }
    }
    for (const WithParameters& entry : role.with_parameters) {
      text += parameters_text(name, role, entry);
    }
    return text;
  }

  const SudoersFile& file_;
  std::string comments_;
  std::map<std::string, Role> roles_;
  std::vector<std::string> order_;
};

}  // namespace

Result<std::string> policy_from_sudoers(std::string_view json, const std::string& file) {
  auto sudoers = read_sudoers(json);
  if (!sudoers) return sudoers.error();
  std::string text = "# What " + in_comment(file) +
                     " allows with modprobe and rmmod, as a policy of Modgate.\n"
                     "# Read it, and take the lines out of sudoers that it stands for.\n" +
                     Translation(*sudoers).text();
  if (text.size() > kMostText) {
    return Error{Outcome::failed, "the policy would be larger than 16 MiB"};
  }
  const ParsedPolicy parsed = parse_policy({{"the translation", text}});
  if (!parsed.policy) return Error{Outcome::failed, parsed.problems.front().text()};
  return text;
}

}  // namespace modgate
