// SPDX-License-Identifier: Apache-2.0
// Holds etc/doc/policy.md against the parser and against decide(): each of its policies is followed
// by a block of decisions, one a line, in the form that the page itself explains.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string page() { return text_of(fs::path(MODGATE_SOURCE_DIR) / "etc/doc/policy.md"); }

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// A policy of the page and the lines that say how it decides.
struct Example {
  int line = 0;
  std::string policy;
  std::vector<std::string> decisions;
};

/// Every fenced block of the page; a block of another kind than these two fails.
std::vector<Example> examples() {
  std::vector<Example> found;
  std::string kind;
  int number = 0;
  for (const std::string& line : split(page(), "\n")) {
    ++number;
    if (line.starts_with("```")) {
      const bool opens = kind.empty();
      kind = opens ? line.substr(3) : "";
      if (!opens) continue;
      INFO("line " << number);
      REQUIRE((kind == "toml" || kind == "text"));
      if (kind == "toml") found.push_back({number, {}, {}});
      if (kind == "text") REQUIRE((!found.empty() && found.back().decisions.empty()));
    } else if (kind == "toml") {
      found.back().policy += line + '\n';
    } else if (kind == "text") {
      found.back().decisions.push_back(line);
    }
  }
  REQUIRE(kind.empty());
  return found;
}

/// "alice", "alice(netdev)" or "#1007".
Caller caller_of(const std::string& who) {
  Caller caller;
  caller.peer.uid = 1000;
  if (who.starts_with('#')) {
    caller.peer.uid = static_cast<uid_t>(std::stoul(who.substr(1)));
    caller.user = "somebody";
    return caller;
  }
  const std::size_t bracket = who.find('(');
  caller.user = who.substr(0, bracket);
  if (bracket != std::string::npos) {
    caller.groups.push_back({2000, who.substr(bracket + 1, who.size() - bracket - 2)});
  }
  return caller;
}

/// "dummy", "kernel/drivers/net/dummy" or "./dummy.ko".
PlannedModule module_of(const std::string& named) {
  PlannedModule module;
  module.name = named.substr(named.rfind('/') == std::string::npos ? 0 : named.rfind('/') + 1);
  if (named.starts_with("./")) {
    module.handed_over = true;
    module.name.resize(module.name.find('.'));
  } else {
    module.place = named.find('/') == std::string::npos ? "kernel/any/" + named : named;
  }
  std::replace(module.name.begin(), module.name.end(), '-', '_');
  module.inspected = true;
  module.facts.sha256.fill(0xab);
  return module;
}

Digest digest_of(const std::string& hex) {
  Digest digest = {};
  REQUIRE(hex.size() == 2 * digest.size());
  for (std::size_t at = 0; at < digest.size(); ++at) {
    digest[at] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * at, 2), nullptr, 16));
  }
  return digest;
}

struct Asked {
  Caller caller;
  Plan plan;
  Circumstances now = some_noon();
};

void set_day(Circumstances& now, const std::string& day) {
  const std::vector<std::string> names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto found = std::find(names.begin(), names.end(), day);
  REQUIRE(found != names.end());
  now.weekday = static_cast<int>(found - names.begin());
}

void set_date(Circumstances& now, const std::string& date) {
  const std::chrono::sys_days day(std::chrono::year_month_day(
      std::chrono::year(std::stoi(date.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(std::stoul(date.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(std::stoul(date.substr(8, 2))))));
  now.local_seconds =
      std::chrono::seconds(day.time_since_epoch()).count() + std::int64_t{12} * 3600;
  now.now = now.local_seconds;
}

void apply(const std::string& condition, Asked& request) {
  const std::vector<std::string> words = words_of(condition);
  REQUIRE_FALSE(words.empty());
  PlannedModule& module = request.plan.modules.back();
  const std::string& what = words[0];
  if (what == "own" && words.size() == 1) {
    module.own = true;
    return;
  }
  if (what == "at" && words.size() == 3) {
    set_day(request.now, words[1]);
    request.now.minute_of_day =
        std::stoi(words[2].substr(0, 2)) * 60 + std::stoi(words[2].substr(3));
    return;
  }
  REQUIRE(words.size() == 2);
  if (what == "host") {
    request.now.host = words[1];
  } else if (what == "date") {
    set_date(request.now, words[1]);
  } else if (what == "reason") {
    request.now.reason = words[1];
  } else if (what == "sha256") {
    module.facts.sha256 = digest_of(words[1]);
  } else if (what == "signer") {
    module.facts.appended_signature = true;
    module.facts.signers.push_back(words[1]);
  } else if (what == "uses") {
    module.facts.imports.push_back(words[1]);
  } else if (what == "needs") {
    PlannedModule needed = module_of(words[1]);
    needed.why = Why::dependency;
    request.plan.modules.insert(request.plan.modules.begin(), needed);
  } else {
    FAIL("unknown condition: " << condition);
  }
}

/// "WHO load|unload MODULE [PARAM=VALUE ...] [| CONDITION, ...]"
Asked asked_of(const std::string& text) {
  const std::vector<std::string> halves = split(text, "|");
  REQUIRE(halves.size() <= 2);
  const std::vector<std::string> words = words_of(halves[0]);
  REQUIRE(words.size() >= 3);
  REQUIRE((words[1] == "load" || words[1] == "unload"));
  Asked request{caller_of(words[0]), {}, some_noon()};
  request.plan.action = words[1] == "load" ? Action::load : Action::unload;
  PlannedModule module = module_of(words[2]);
  if (request.plan.action == Action::unload) module.state = ModuleState::loaded;
  for (std::size_t at = 3; at < words.size(); ++at) {
    const std::size_t equals = words[at].find('=');
    REQUIRE(equals != std::string::npos);
    module.parameters.push_back({words[at].substr(0, equals), words[at].substr(equals + 1)});
  }
  module.facts.declared.assign(module.parameters.size(), true);
  request.plan.modules.push_back(std::move(module));
  if (halves.size() == 2) {
    for (const std::string& condition : split(halves[1], ",")) apply(condition, request);
  }
  return request;
}

/// What an allow still asks for, as the page writes it.
std::string asks_text(const Asks& asks) {
  std::string text;
  for (const std::string& service : asks.pam_services) {
    text += (text.empty() ? "" : ", ") + std::string("password");
    if (service != "modgate") text += " by " + service;
  }
  if (asks.reason && !asks.reason_met) text += (text.empty() ? "" : ", ") + std::string("reason");
  if (asks.anchor) text += (text.empty() ? "" : ", ") + std::string("witness");
  return text.empty() ? "nothing asked" : text;
}

/// Whether the decision is what the page says behind "->".
void check_decision(const Decision& decision, const std::string& said) {
  if (said.starts_with("allow")) {
    CHECK(is_allowed(decision.verdict));
    CHECK(said == "allow (" + asks_text(decision.asks) + ")");
    return;
  }
  const bool rejects = said.starts_with("reject: ");
  REQUIRE((rejects || said.starts_with("deny: ")));
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.refusal == (rejects ? Outcome::rejected : Outcome::denied));
  CHECK_THAT(decision.explanation,
             Catch::Matchers::ContainsSubstring(said.substr(said.find(": ") + 2)));
}

/// The one list of digests that the page speaks of.
Result<std::string> the_digests_of_the_page(const std::string& path) {
  if (path != "lab.sha256") return Error{Outcome::failed, "the page names no such file"};
  return std::string(
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  mydrv.ko\n");
}

/// What stands in a policy outside of strings and comments.
std::string keys_text(const std::string& policy) {
  std::string text;
  bool in_string = false;
  bool in_comment = false;
  for (const char byte : policy) {
    if (byte == '\n') in_comment = false;
    if (byte == '"' && !in_comment) in_string = !in_string;
    if (byte == '#' && !in_string) in_comment = true;
    text += in_string || in_comment ? ' ' : byte;
  }
  return text;
}

/// The keys that the parser asks for, out of its own source.
std::set<std::string> keys_of_the_parser() {
  const std::regex call(
      R"re((?:reader\.(?:take|flag|text|texts|table)\(|parse_\w+\(reader, )"([a-z_0-9]+)")re");
  std::set<std::string> keys = {"allow"};
  for (const auto& entry : fs::directory_iterator(fs::path(MODGATE_SOURCE_DIR) / "gate/policy")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string source = text_of(entry.path());
    for (std::sregex_iterator found(source.begin(), source.end(), call), end; found != end;
         ++found) {
      keys.insert((*found)[1]);
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("the policy page: every policy of it is valid and says how it decides") {
  const std::vector<Example> all = examples();
  CHECK(all.size() > 20);
  for (const Example& example : all) {
    INFO("the policy at line " << example.line << " of etc/doc/policy.md");
    ParseOptions options;
    options.read_file = the_digests_of_the_page;
    const ParsedPolicy parsed = parse_policy({{"p.toml", example.policy}}, options);
    for (const Problem& problem : parsed.problems) FAIL_CHECK(problem.text());
    CHECK_FALSE(example.decisions.empty());
    if (!parsed.policy) continue;
    for (const std::string& line : example.decisions) {
      INFO(line);
      const std::vector<std::string> sides = split(line, "->");
      REQUIRE(sides.size() == 2);
      const Asked request = asked_of(sides[0]);
      check_decision(decide(*parsed.policy, request.caller, request.plan, request.now),
                     trimmed(sides[1]));
    }
  }
}

TEST_CASE("the policy page: every key that the parser knows has an example and an entry") {
  std::string keys;
  for (const Example& example : examples()) keys += keys_text(example.policy);
  const std::set<std::string> known = keys_of_the_parser();
  for (const char* key :
       {"defaults", "deny", "role", "allow", "members", "modules", "tree", "imports", "params",
        "int", "enum", "match", "sha256", "ticket", "expires", "load_source"}) {
    CAPTURE(key);
    CHECK(known.contains(key));
  }
  for (const std::string& key : known) {
    CAPTURE(key);
    CHECK(std::regex_search(keys, std::regex("\\b" + key + "\\b")));
  }
}

TEST_CASE("the policy page: the manual page knows the same keys") {
  const std::string manual = text_of(fs::path(MODGATE_SOURCE_DIR) / "etc/man/modgate.toml.5");
  for (const std::string& key : keys_of_the_parser()) {
    CAPTURE(key);
    CHECK(std::regex_search(manual, std::regex("\\b" + key + "\\b")));
  }
}
