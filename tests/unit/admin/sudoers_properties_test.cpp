// SPDX-License-Identifier: Apache-2.0
// Random lines, decided once as sudo does and once by the translation: it never allows more.
#include <fnmatch.h>

#include <optional>
#include <random>

#include "unit/admin/sudoers.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

struct Entry {
  std::string kind;
  std::string name;
  bool is_negated = false;
};

struct Line {
  std::vector<Entry> users;
  std::vector<Entry> hosts;
  std::vector<Entry> commands;
  std::vector<Entry> runas;  ///< empty: root
  bool asks = true;
};

struct Person {
  std::string name;
  std::string uid;
  std::string group;
};

const std::vector<Person> kPeople = {{"alice", "1000", "dev"}, {"bob", "1001", "none"}};
const std::vector<std::string> kHosts = {"lab-1", "lab-2", "office"};

/// What a person types, and what comes of it.
struct Typed {
  std::string tool;
  std::string arguments;
  Plan plan;
};

std::vector<Typed> all_typed() {
  const Plan one = load_of({with_parameter(fresh("dummy"), "n", "1")});
  return {{"modprobe", "dummy", load_of({fresh("dummy")})},
          {"modprobe", "-q dummy", load_of({fresh("dummy")})},
          {"modprobe", "veth", load_of({fresh("veth")})},
          {"modprobe", "dummy n=1", one},
          {"modprobe", "-r dummy", unload_of({fresh("dummy")})},
          {"rmmod", "dummy", unload_of({fresh("dummy")})},
          {"rmmod", "veth", unload_of({fresh("veth")})}};
}

// --- As sudoers(5) says it. ---

/// The last entry that matches decides; nullopt: none does.
template <class Matches>
std::optional<bool> last_match(const std::vector<Entry>& list, const Matches& matches) {
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry) {
    if (matches(*entry)) return !entry->is_negated;
  }
  return std::nullopt;
}

bool is_user(const Entry& entry, const Person& person) {
  if (entry.name == "ALL") return true;
  if (entry.kind == "usergroup") return entry.name == person.group;
  if (entry.kind == "userid") return entry.name == person.uid;
  return entry.kind == "username" && entry.name == person.name;
}

bool is_host(const Entry& entry, const std::string& host) {
  return entry.name == "ALL" ||
         (entry.kind == "hostname" && ::fnmatch(entry.name.c_str(), host.c_str(), 0) == 0);
}

bool is_command(const Entry& entry, const Typed& typed) {
  if (entry.name == "ALL") return true;
  const std::size_t blank = entry.name.find(' ');
  const std::string path = entry.name.substr(0, blank);
  const std::string whole = "/sbin/" + typed.tool;
  const bool same_path = path.ends_with('/') ? whole.starts_with(path)
                                             : ::fnmatch(path.c_str(), whole.c_str(), 1) == 0;
  if (!same_path || blank == std::string::npos) return same_path;
  return ::fnmatch(entry.name.substr(blank + 1).c_str(), typed.arguments.c_str(), 0) == 0;
}

enum class Word { no, with_password, without };

Word sudo_says(const std::vector<Line>& lines, const Person& person, const std::string& host,
               const Typed& typed) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto user = last_match(line->users, [&](const Entry& e) { return is_user(e, person); });
    const auto on = last_match(line->hosts, [&](const Entry& e) { return is_host(e, host); });
    const auto as = last_match(line->runas, [&](const Entry& e) {
      return e.name == "root" || e.name == "ALL" || e.name == "0";
    });
    if (!user.value_or(false) || !on.value_or(false)) continue;
    if (!as.value_or(line->runas.empty())) continue;
    const auto runs =
        last_match(line->commands, [&](const Entry& e) { return is_command(e, typed); });
    if (!runs) continue;
    return !*runs ? Word::no : line->asks ? Word::with_password : Word::without;
  }
  return Word::no;
}

// --- Random lines. ---

using Choices = std::vector<std::pair<std::string, std::string>>;

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::vector<Entry> entries(const Choices& choices, std::size_t most) {
    std::vector<Entry> list;
    for (std::size_t left = 1 + below(most); left > 0; --left) {
      const auto& [kind, name] = choices[below(choices.size())];
      list.push_back({kind, name, below(6) == 0});
    }
    return list;
  }

 private:
  std::mt19937 random_;
};

Line random_line(Dice& dice) {
  static const Choices kUsers = {{"username", "alice"}, {"username", "alice"}, {"username", "bob"},
                                 {"username", "ALL"},   {"usergroup", "dev"},  {"userid", "1000"},
                                 {"netgroup", "some"}};
  static const Choices kOn = {{"hostname", "ALL"},   {"hostname", "ALL"}, {"hostname", "lab-1"},
                              {"hostname", "lab-*"}, {"hostname", "*-1"}, {"netgroup", "some"}};
  static const Choices kCommands = {{"command", "/sbin/modprobe dummy"},
                                    {"command", "/sbin/modprobe dummy"},
                                    {"command", "/sbin/modprobe -q dummy"},
                                    {"command", "/sbin/modprobe veth"},
                                    {"command", "/sbin/modprobe dummy n=1"},
                                    {"command", "/sbin/modprobe -r dummy"},
                                    {"command", "/sbin/rmmod dummy"},
                                    {"command", "/sbin/rmmod veth"},
                                    {"command", "/sbin/modprobe"},
                                    {"command", "/sbin/modprobe d*"},
                                    {"command", "/sbin/mod*"},
                                    {"command", "/sbin/"},
                                    {"command", "/usr/bin/apt"},
                                    {"command", "ALL"}};
  static const Choices kRunas = {
      {"username", "root"}, {"username", "ALL"}, {"username", "operator"}, {"userid", "0"}};
  Line line{dice.entries(kUsers, 3), dice.entries(kOn, 2), dice.entries(kCommands, 3), {}, true};
  if (dice.below(3) == 0) line.runas = dice.entries(kRunas, 2);
  line.asks = dice.below(2) == 0;
  return line;
}

std::string list_json(const std::vector<Entry>& list) {
  std::string text;
  for (const Entry& entry : list) {
    const bool is_number = entry.kind == "userid";
    text += (text.empty() ? "{\"" : ",{\"") + entry.kind + "\": " + (is_number ? "" : "\"") +
            entry.name + (is_number ? "" : "\"") +
            (entry.is_negated ? ", \"negated\": true}" : "}");
  }
  return text;
}

std::string json_of_lines(const std::vector<Line>& lines) {
  std::vector<SudoersSpec> specs;
  for (const Line& line : lines) {
    specs.push_back(
        {list_json(line.users), list_json(line.commands), list_json(line.hosts),
         line.asks ? "" : R"({"authenticate": false})",
         line.runas.empty() ? "" : R"("runasusers": [)" + list_json(line.runas) + "],"});
  }
  return json_of(specs);
}

bool has_same_effect(const Typed& left, const Typed& right) {
  const PlannedModule& one = left.plan.modules[0];
  const PlannedModule& other = right.plan.modules[0];
  return left.plan.action == right.plan.action && one.name == other.name &&
         one.parameters == other.parameters;
}

/// The most that sudo allows of whatever has this effect.
Word sudo_allows(const std::vector<Line>& lines, const Person& person, const std::string& host,
                 const Typed& wanted, const std::vector<Typed>& all) {
  Word most = Word::no;
  for (const Typed& typed : all) {
    if (has_same_effect(typed, wanted))
      most = std::max(most, sudo_says(lines, person, host, typed));
  }
  return most;
}

}  // namespace

TEST_CASE("sudoers: whatever the lines are, their translation allows no more, and asks no less") {
  const std::vector<Typed> all = all_typed();
  Dice dice(20261201);
  int allowed = 0;
  int unasked = 0;
  for (int round = 0; round < 1500; ++round) {
    std::vector<Line> lines;
    for (std::size_t left = 1 + dice.below(3); left > 0; --left) lines.push_back(random_line(dice));
    const std::string json = json_of_lines(lines);
    const auto text = policy_from_sudoers(json, "/etc/sudoers");
    REQUIRE(text);
    const Policy policy = policy_of(*text);
    if (policy.rules().empty()) continue;
    for (const Person& person : kPeople) {
      Caller caller;
      caller.peer.uid = static_cast<uid_t>(std::stoul(person.uid));
      caller.user = person.name;
      caller.groups = {{2000, person.group}};
      for (const std::string& host : kHosts) {
        Circumstances now = some_noon();
        now.host = host;
        for (const Typed& typed : all) {
          const Decision decision = decide(policy, caller, typed.plan, now);
          if (!is_allowed(decision.verdict)) continue;
          ++allowed;
          const Word most = sudo_allows(lines, person, host, typed, all);
          const bool asks = !decision.asks.pam_services.empty();
          unasked += asks ? 0 : 1;
          if (most != Word::no && (asks || most == Word::without)) continue;
          INFO(json << '\n' << *text << person.name << ' ' << host << ' ' << typed.arguments);
          FAIL("the translation allows more than the lines");
        }
      }
    }
  }
  CHECK(allowed > 1000);
  CHECK(unasked > 200);
}
