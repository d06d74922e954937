// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/sudoers_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "gate/client/printable.h"

namespace modgate {
namespace {

using SudoersJson = nlohmann::json;

constexpr std::size_t kMostJson = std::size_t{16} << 20U;
constexpr int kDeepest = 16;
constexpr std::size_t kMostLines = 4000;
constexpr std::size_t kLongestPrincipal = 128;

/// The list under a key; an empty one where there is none.
const SudoersJson& list_at(const SudoersJson& table, const char* key) {
  static const SudoersJson kNone = SudoersJson::array();
  if (!table.is_object()) return kNone;
  const auto found = table.find(key);
  return found != table.end() && found->is_array() ? *found : kNone;
}

/// The text under a key; nullopt where there is none.
std::optional<std::string> text_at(const SudoersJson& table, const char* key) {
  const auto found = table.is_object() ? table.find(key) : table.end();
  if (!table.is_object() || found == table.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

bool is_negated(const SudoersJson& entry) {
  const auto found = entry.is_object() ? entry.find("negated") : entry.end();
  return entry.is_object() && found != entry.end() && *found != false;
}

/// Whether the entry says what it is by one key alone, beside a negation.
bool is_plain_entry(const SudoersJson& entry) {
  return entry.is_object() && entry.size() - (entry.contains("negated") ? 1 : 0) == 1;
}

/// What an entry says, as sudoers(5) writes it, for a comment.
std::string entry_text(const SudoersJson& entry) {
  constexpr std::array<std::pair<const char*, const char*>, 8> kMarks = {{{"username", ""},
                                                                          {"usergroup", "%"},
                                                                          {"userid", "#"},
                                                                          {"usergid", "%#"},
                                                                          {"nonunixgroup", "%:"},
                                                                          {"netgroup", "+"},
                                                                          {"hostname", ""},
                                                                          {"networkaddr", ""}}};
  for (const auto& [key, mark] : kMarks) {
    if (!is_plain_entry(entry) || !entry.contains(key)) continue;
    const SudoersJson& value = entry[key];
    if (!value.is_string() && !value.is_number_integer()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return printable((is_negated(entry) ? "!" : "") + std::string(mark) + text);
  }
  return printable(entry.dump(-1, ' ', false, SudoersJson::error_handler_t::replace));
}

/// A name that reads as it is and that a policy can hold.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestPrincipal && name.front() != '#' &&
         name.front() != '%' && name.front() != ' ' && name.back() != ' ' &&
         name.find(':') == std::string::npos && printable(name) == name;
}

/// sudo knows users in either case.
std::string lower(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return text;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

std::optional<std::string> member_of(const SudoersJson& entry) {
  if (!is_plain_entry(entry)) return std::nullopt;
  if (auto name = text_at(entry, "username"); name && *name != "ALL" && is_plain_name(*name)) {
    return name;
  }
  if (const auto group = text_at(entry, "usergroup"); group && is_plain_name(*group)) {
    return '%' + *group;
  }
  const auto uid = entry.find("userid");
  if (uid != entry.end() && uid->is_number_unsigned() && uid->get<std::uint64_t>() < UINT32_MAX) {
    return '#' + std::to_string(uid->get<std::uint64_t>());
  }
  return std::nullopt;
}

SudoersUsers users_of(const SudoersJson& list) {
  SudoersUsers users;
  for (const SudoersJson& entry : list) {
    if (is_negated(entry)) {
      users.has_negated = true;
      users.others.push_back(entry_text(entry));
      continue;
    }
    const auto login = text_at(entry, "username");
    if (login && *login != "ALL" && is_ascii(*login)) {
      users.logins.push_back(lower(*login));
    } else {
      users.is_open = true;
    }
    if (auto member = member_of(entry)) {
      users.members.push_back(std::move(*member));
    } else {
      users.others.push_back(entry_text(entry));
    }
  }
  for (std::vector<std::string>* names : {&users.members, &users.logins}) {
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
  return users;
}

/// sudo compares a name without a dot with the part of the host's name before the first one, a
/// policy the whole: a star at the end alone means the same to both.
bool is_host_of_a_policy(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= kLongestPrincipal &&
                     std::all_of(name.begin(), name.end(), [](char byte) {
                       return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= '0' && byte <= '9') ||
                              std::string_view("_-.*?").find(byte) != std::string::npos;
                     });
  if (!plain) return false;
  if (name.find('.') != std::string::npos) return true;
  const std::size_t wildcard = name.find_first_of("*?");
  return wildcard == std::string::npos || (name[wildcard] == '*' && wildcard + 1 == name.size());
}

SudoersHosts hosts_of(const SudoersJson& list) {
  SudoersHosts hosts;
  for (const SudoersJson& entry : list) {
    const auto name = is_plain_entry(entry) ? text_at(entry, "hostname") : std::nullopt;
    if (is_negated(entry)) {
      hosts.has_negated = true;
      hosts.others.push_back(entry_text(entry));
    } else if (name == "ALL") {
      hosts.all = true;
    } else if (name && is_host_of_a_policy(*name)) {
      hosts.names.push_back(*name);
    } else {
      hosts.others.push_back(entry_text(entry));
    }
  }
  return hosts;
}

void read_runas(const SudoersJson& spec, bool default_is_root, SudoersLine& line) {
  // A group alone means: as the caller, with that group.
  if (!spec.contains("runasusers")) {
    line.is_root = default_is_root && !spec.contains("runasgroups");
    return;
  }
  bool has_negated = false;
  for (const SudoersJson& entry : list_at(spec, "runasusers")) {
    has_negated = has_negated || is_negated(entry);
    if (is_negated(entry) || !is_plain_entry(entry)) continue;
    const auto name = text_at(entry, "username");
    const bool is_zero = entry.contains("userid") && entry["userid"] == 0;
    line.is_root = line.is_root || name == "root" || name == "ALL" || is_zero;
  }
  line.is_root = line.is_root && !has_negated;
}

/// "20260101000000Z" as TOML has it.
std::optional<std::string> moment_of(const SudoersJson& value) {
  if (!value.is_string()) return std::nullopt;
  const auto text = value.get<std::string>();
  if (text.size() != 15 || text.back() != 'Z') return std::nullopt;
  std::array<unsigned, 6> parts = {};
  std::size_t at = 0;
  for (unsigned& part : parts) {
    const std::size_t length = at == 0 ? 4 : 2;
    const char* end = text.data() + at + length;
    const auto [stop, error] = std::from_chars(text.data() + at, end, part);
    if (error != std::errc() || stop != end) return std::nullopt;
    at += length;
  }
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(parts[0])),
                                        std::chrono::month(parts[1]), std::chrono::day(parts[2])};
  if (!day.ok() || parts[0] < 1970 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
    return std::nullopt;
  }
  return text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6, 2) + 'T' +
         text.substr(8, 2) + ':' + text.substr(10, 2) + ':' + text.substr(12, 2) + 'Z';
}

void read_option(const std::string& name, const SudoersJson& value, SudoersLine& line) {
  // These say how sudo runs a program, which Modgate does not.
  constexpr std::array<std::string_view, 9> kOfRunning = {
      "setenv",    "noexec", "exec",      "log_input",      "log_output",
      "send_mail", "mail",   "intercept", "command_timeout"};
  std::string* moment = name == "notbefore"  ? &line.not_before
                        : name == "notafter" ? &line.expires
                                             : nullptr;
  if (moment != nullptr) {
    if (auto written = moment_of(value)) {
      *moment = std::move(*written);
      return;
    }
  } else if (name == "authenticate" && value.is_boolean()) {
    line.asks_password = value.get<bool>();
    return;
  } else if (std::find(kOfRunning.begin(), kOfRunning.end(), name) != kOfRunning.end()) {
    return;
  }
  line.option = printable(name);
}

void read_options(const SudoersJson& spec, SudoersLine& line) {
  for (const SudoersJson& option : list_at(spec, "Options")) {
    if (!option.is_object()) {
      line.option = entry_text(option);
      continue;
    }
    for (const auto& [name, value] : option.items()) read_option(name, value, line);
  }
  constexpr std::array<std::string_view, 4> kKnown = {"runasusers", "runasgroups", "Options",
                                                      "Commands"};
  for (const auto& [name, value] : spec.items()) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      line.option = printable(name);
  }
}

void read_command(const SudoersJson& entry, SudoersLine& line) {
  const auto text = text_at(entry, "command");
  line.is_negated = is_negated(entry);
  line.text = text ? *text : entry.dump(-1, ' ', false, SudoersJson::error_handler_t::replace);
  if (!text) {
    line.command = {SudoersCommand::Kind::unsayable, {}, {}, "it is of an unknown kind", true};
    return;
  }
  line.command = sudoers_command(*text);
  // A digest of the program, for one.
  if (!is_plain_entry(entry) && line.command.kind != SudoersCommand::Kind::unrelated) {
    line.command.kind = SudoersCommand::Kind::unsayable;
    line.command.why = "it says more of the command than a rule can";
    line.command.is_open = true;
  }
}

Status read_users_line(const SudoersJson& spec, bool default_is_root, SudoersFile& file) {
  const auto users = std::make_shared<const SudoersUsers>(users_of(list_at(spec, "User_List")));
  const auto hosts = std::make_shared<const SudoersHosts>(hosts_of(list_at(spec, "Host_List")));
  for (const SudoersJson& commands : list_at(spec, "Cmnd_Specs")) {
    if (!commands.is_object()) return Error{Outcome::failed, "a line has no commands"};
    for (const SudoersJson& entry : list_at(commands, "Commands")) {
      SudoersLine line;
      line.users = users;
      line.hosts = hosts;
      read_command(entry, line);
      if (line.command.kind == SudoersCommand::Kind::unrelated) continue;
      read_runas(commands, default_is_root, line);
      read_options(commands, line);
      file.lines.push_back(std::move(line));
      if (file.lines.size() > kMostLines) {
        return Error{Outcome::failed, "there are more than " + std::to_string(kMostLines) +
                                          " commands that may be about modules"};
      }
    }
  }
  return Done{};
}

/// Returns whether a line without a runas list runs its command as root.
bool read_defaults(const SudoersJson& list, SudoersFile& file) {
  bool is_root = true;
  for (const SudoersJson& defaults : list) {
    for (const SudoersJson& option : list_at(defaults, "Options")) {
      file.has_defaults = true;
      if (!option.is_object()) continue;
      for (const auto& [name, value] : option.items()) {
        if (name == "runas_default") is_root = is_root && value == "root";
        if ((name == "rootpw" || name == "targetpw" || name == "runaspw") && value != false) {
          file.asks_another_password = true;
        }
      }
    }
  }
  return is_root;
}

Error not_understood() {
  return {Outcome::failed,
          "what cvtsudoers printed is no JSON: it prints none for an alias that is not defined, "
          "and for CWD= or CHROOT="};
}

Result<SudoersJson> parse(std::string_view text) {
  bool too_deep = false;
  const auto bound = [&](int depth, SudoersJson::parse_event_t, SudoersJson&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  SudoersJson json = SudoersJson::parse(text, bound, false);
  if (too_deep) return Error{Outcome::failed, "what cvtsudoers printed is nested too deeply"};
  if (!json.is_object()) return not_understood();
  return json;
}

}  // namespace

Result<SudoersFile> read_sudoers(std::string_view json) {
  if (json.size() > kMostJson) {
    return Error{Outcome::failed, "what cvtsudoers printed is larger than 16 MiB"};
  }
  SudoersFile file;
  // A file that says nothing.
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) return file;
  auto parsed = parse(json);
  if (!parsed) return parsed.error();
  const bool default_is_root = read_defaults(list_at(*parsed, "Defaults"), file);
  for (const SudoersJson& spec : list_at(*parsed, "User_Specs")) {
    if (auto read = read_users_line(spec, default_is_root, file); !read) return read.error();
  }
  return file;
}

}  // namespace modgate
