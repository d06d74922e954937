// SPDX-License-Identifier: Apache-2.0
// A large file is parsed in pieces; that never shows.
#include "gate/policy/pieces.h"

#include <random>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

struct Parsed {
  std::vector<std::string> problems;
  std::vector<std::string> rules;
  std::vector<std::string> members;

  friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed parsed_by(const std::string& text, std::size_t piece_bytes) {
  ParseOptions options;
  options.piece_bytes = piece_bytes;
  const ParsedPolicy result = parse_policy({{"p.toml", text}}, options);
  Parsed parsed;
  for (const Problem& problem : result.problems) parsed.problems.push_back(problem.text());
  if (!result.policy) return parsed;
  for (const Rule& rule : result.policy->rules()) {
    parsed.rules.push_back(rule.ref().text() + ':' + std::to_string(rule.column) + ' ' +
                           *rule.role_name + (rule.is_allow ? " allow " : " deny ") +
                           rule.modules.front().pattern() +
                           std::to_string(rule.details->parameters.size()));
  }
  for (const Role& role : result.policy->roles()) {
    parsed.members.push_back(role.name + ' ' + role.description + std::to_string(role.line));
  }
  for (const Member& member : result.policy->members()) {
    parsed.members.push_back(member.text() + std::to_string(member.line));
  }
  return parsed;
}

bool is_same_in_pieces(const std::string& text) {
  return parsed_by(text, 1) == parsed_by(text, text.size() + 1);
}

}  // namespace

TEST_CASE("a file is cut before headers of rules") {
  const std::string text = "a = 1\n[[deny]]\nb = 1\n[x]\n [[no]]\n[[deny]]\n";
  const std::vector<Piece> pieces = cut(text, 1);
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].text == "a = 1\n");
  CHECK(pieces[1].text == "[[deny]]\nb = 1\n[x]\n [[no]]\n");
  CHECK(pieces[2].text == "[[deny]]\n");
  CHECK(pieces[0].lines_before == 0);
  CHECK(pieces[1].lines_before == 1);
  CHECK(pieces[2].lines_before == 5);
  CHECK(cut(text, text.size()).size() == 1);
  CHECK(cut("", 1).size() == 1);
}

TEST_CASE("what is no cut for TOML is none for us") {
  for (const char* text : {
           "[[deny]]\nmodules = [\"a\"]\nmessage = \"\"\"\n[[deny]]\nmodules = ['b']\n\"\"\"\n",
           "[[deny]]\nmodules = [\"a\"]\nmessage = '''\n[[deny]]\nmodules = ['b']\n'''\n",
           "[[deny]]\nmodules = [\n[[\"a\"]]]\n",
           "[role.a]\nmembers = ['x']\n[[role.a.allow]]\nmodules = ['m']\n"
           "[role.a.allow.params.m]\nn = { int = [0, 1] }\n[[deny]]\nmodules = ['d']\n",
           // The sub-table is of the last rule of its list, which stands before another list.
           "[role.a]\nmembers = ['x']\n[[role.a.allow]]\nmodules = ['m']\n[[deny]]\n"
           "modules = ['d']\n[role.a.allow.params.m]\nn = { int = [0, 1] }\n",
       }) {
    CAPTURE(text);
    CHECK(is_same_in_pieces(text));
  }
}

TEST_CASE("a table that is defined twice shows, whichever pieces it stands in",
          "[CVE-2015-3255][CVE-2015-3256]") {
  const std::string rule = "[[role.a.allow]]\nmodules = ['m']\n";
  const std::string role = "[role.a]\nmembers = ['x']\n";
  const std::string inline_role = "role.a = { members = ['x'] }\n";
  const std::string dotted = "role.a.members = ['x']\n";
  const std::string list = "deny = [{ modules = ['m'] }]\n";
  const std::string defaults = "[defaults]\n";
  for (const std::string& text :
       {role + rule + role, role + rule + "[role.a]\n", inline_role + rule + rule,
        inline_role + rule + role, dotted + rule + role, dotted + rule + rule, rule + rule + role,
        rule + role + rule, list + rule + "[[deny]]\nmodules = ['m']\n", list + rule,
        defaults + rule + defaults, defaults + rule + role, "[role]\n" + rule + "[role]\n",
        "[role]\n" + rule + role, "role.a.allow = [{ modules = ['m'] }]\n" + rule,
        "[deny]\nmodules = ['m']\n" + rule + "[[deny]]\nmodules = ['m']\n"}) {
    CAPTURE(text);
    CHECK(is_same_in_pieces(text));
  }
  CHECK_FALSE(parsed_by(role + rule + role, 1).problems.empty());
  CHECK(parsed_by(role + rule + rule, 1).problems.empty());
}

TEST_CASE("files by chance mean the same in pieces and whole, sound or not") {
  const std::vector<std::string> lines = {"[role.a]\n",
                                          "[role.b]\n",
                                          "[role]\n",
                                          "[defaults]\n",
                                          "members = ['x']\n",
                                          "role.a.members = ['y']\n",
                                          "role.b = { members = ['z'] }\n",
                                          "a.members = ['v']\n",
                                          "description = 'd'\n",
                                          "[[role.a.allow]]\nmodules = ['m']\n",
                                          "[[role.b.deny]]\nmodules = ['n']\n",
                                          "[[deny]]\nmodules = ['o']\n",
                                          "[role.a.allow.params.m]\nn = { int = [0, 1] }\n",
                                          "params.m = 'none'\n",
                                          "deny = [{ modules = ['p'] }]\n",
                                          "message = '''\n",
                                          "'''\n",
                                          "# comment\n",
                                          "role.a.allow = [{ modules = ['m'] }]\n",
                                          "ticket = '1m'\n",
                                          "authenticate = false\n",
                                          "[role.a.deny]\n",
                                          "x = 1\n"};
  std::mt19937 chance(20261204);
  int sound = 0;
  int unsound = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text;
    for (std::size_t count = chance() % 7 + 2; count > 0; --count)
      text += lines[chance() % lines.size()];
    CAPTURE(text);
    const Parsed whole = parsed_by(text, text.size() + 1);
    REQUIRE(parsed_by(text, 1) == whole);
    ++(whole.problems.empty() ? sound : unsound);
  }
  CHECK(sound > 60);
  CHECK(unsound > 200);
}
