// SPDX-License-Identifier: Apache-2.0
// Rules that name lists of digests.
#include <map>
#include <string>

#include "catch.h"
#include "gate/policy/covers.h"
#include "gate/policy/digest_list.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

using Lines = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

std::string hex_of(std::uint8_t byte) {
  Digest digest;
  digest.fill(byte);
  return digest_hex(digest);
}

ParsedPolicy parsed(const std::vector<PolicyFile>& sources, const Files& files,
                    std::size_t piece_bytes = 1U << 18U) {
  ParseOptions options;
  options.piece_bytes = piece_bytes;
  options.read_file = [&](const std::string& path) -> Result<std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return Error{Outcome::unavailable, path + " cannot be opened"};
    return file->second;
  };
  return parse_policy(sources, options);
}

Lines problems(const ParsedPolicy& policy) {
  Lines texts;
  for (const Problem& problem : policy.problems) texts.push_back(problem.text());
  return texts;
}

const std::string kRole = "[role.dev]\nmembers = [\"alice\"]\n";

std::string allow_with(const std::string& keys) {
  return kRole + "[[role.dev.allow]]\nmodules = [\"m\"]\n" + keys + '\n';
}

std::string deny_with(const std::string& keys) {
  return kRole + "[[role.dev.allow]]\nmodules = [\"m\"]\n[[deny]]\nmodules = [\"m\"]\n" + keys +
         '\n';
}

/// What is wrong with an allow that names "l" where that has this text.
Lines problems_with(const std::string& text) {
  return problems(parsed({{"p.toml", allow_with("sha256_file = \"l\"")}}, {{"l", text}}));
}

const std::string kMalformed =
    ":1: error: a line has 64 hex digits, a blank, another one or '*', and the name of a file, as "
    "sha256sum writes it";

}  // namespace

TEST_CASE("the digests in a file count like those in the rule") {
  const Files files = {
      {"/etc/modgate/lab.sha256", hex_of(1) + "  m.ko\n" + hex_of(2) + " *dir/m 2.ko\n"},
      {"/etc/modgate/more.sha256", "# more\n\n  \t\n  # of them\r\n" + hex_of(3) + "  m.ko\r\n"},
      {"/etc/modgate/last", "AbABab" + hex_of(0xab).substr(6) + "  without an end"},
  };
  struct Row {
    std::string keys;
    Lines held;  ///< of the digests 01… to 04… and ab…
  };
  const Row row = GENERATE_COPY(values<Row>({
      {"sha256_file = \"lab.sha256\"", {"01", "02"}},
      {"sha256_file = [\"lab.sha256\"]", {"01", "02"}},
      {"sha256_file = [\"lab.sha256\", \"more.sha256\"]", {"01", "02", "03"}},
      {"sha256_file = [\"more.sha256\", \"more.sha256\"]", {"03"}},
      {"sha256_file = \"last\"", {"ab"}},
      {"sha256_file = \"more.sha256\"\nsha256 = [\"" + hex_of(4) + "\"]", {"03", "04"}},
      {"sha256_file = \"lab.sha256\"\nhosts = [\"elsewhere\"]", {}},
      {"sha256_file = \"lab.sha256\"\nsigner = [\"lab\"]", {}},
  }));
  CAPTURE(row.keys);
  const ParsedPolicy allow = parsed({{"/etc/modgate/policy.toml", allow_with(row.keys)}}, files);
  const ParsedPolicy deny = parsed({{"/etc/modgate/policy.toml", deny_with(row.keys)}}, files);
  CHECK(problems(allow) == Lines{});
  REQUIRE(allow.policy);
  REQUIRE(deny.policy);
  for (const int byte : {1, 2, 3, 4, 0xab}) {
    const std::string first = hex_of(static_cast<std::uint8_t>(byte)).substr(0, 2);
    const bool holds = std::find(row.held.begin(), row.held.end(), first) != row.held.end();
    CAPTURE(byte);
    const Plan plan = load_of({inspected(fresh("m"), static_cast<std::uint8_t>(byte))});
    CHECK(allows(*allow.policy, plan) == holds);
    CHECK(allows(*deny.policy, plan) == !holds);
  }
  // What is not inspected may meet the allow, and proves nothing to the deny.
  const bool in_force = row.keys.find("hosts") == std::string::npos;
  CHECK(allows(*allow.policy, load_of({fresh("m")})) == in_force);
  CHECK(allows(*deny.policy, load_of({fresh("m")})));
}

TEST_CASE("a module that no file lists is rejected, as with digests in the rule") {
  const ParsedPolicy policy =
      parsed({{"p.toml", kRole + "[[role.dev.allow]]\nmodules = [\"m\"]\nsource = \"file\"\n"
                                 "sha256_file = \"l\"\n"}},
             {{"l", hex_of(1) + "  m\n"}});
  REQUIRE(policy.policy);
  PlannedModule module = inspected(handed_over("m"), 1);
  CHECK(allows(*policy.policy, load_of({module})));
  module.facts.sha256.fill(2);
  const Decision decision = decide(*policy.policy, alice(), load_of({module}), some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.refusal == Outcome::rejected);
  const Listing listing = list_rules(*policy.policy, alice());
  CHECK(listing.rules.front().asks == Lines{"authenticate", "digest"});
}

TEST_CASE("a file lies beside the policy file that names it") {
  const std::string one = "[[role.dev.allow]]\nmodules = [\"m\"]\nsha256_file = \"l\"\n";
  const std::string two = "[[role.dev.allow]]\nmodules = [\"n\"]\nsha256_file = \"l\"\n";
  const ParsedPolicy policy = parsed({{"/a/p.toml", kRole + one}, {"/a/d/q.toml", two}},
                                     {{"/a/l", hex_of(1) + "  x"}, {"/a/d/l", hex_of(2) + "  x"}});
  REQUIRE(policy.policy);
  CHECK(allows(*policy.policy, load_of({inspected(fresh("m"), 1)})));
  CHECK_FALSE(allows(*policy.policy, load_of({inspected(fresh("m"), 2)})));
  CHECK(allows(*policy.policy, load_of({inspected(fresh("n"), 2)})));
  CHECK_FALSE(allows(*policy.policy, load_of({inspected(fresh("n"), 1)})));
}

TEST_CASE("a file that must not count is an error where it is named") {
  const auto told = [](const std::string& keys) {
    return problems(parsed({{"/a/p.toml", allow_with(keys)}}, {{"/a/l", hex_of(1) + "  x"}}));
  };
  const std::string name =
      "'sha256_file' has names of files beside this one: of A-Z a-z 0-9 . _ - + @, without a "
      "directory, and not hidden";
  CHECK(told("sha256_file = \"l\"").empty());
  CHECK(told("sha256_file = \"m\"") ==
        Lines{"/a/p.toml:5:15: error: 'sha256_file': /a/m cannot be opened"});
  CHECK(told("sha256_file = [\"l\", \"m\"]") ==
        Lines{"/a/p.toml:5:21: error: 'sha256_file': /a/m cannot be opened"});
  for (const char* wrong : {"/a/l", "../l", "d/l", "..", ".", ".l", "l l", "l\\n", "l\\u0000"}) {
    CAPTURE(wrong);
    CHECK(told(std::string("sha256_file = \"") + wrong + '"') ==
          Lines{"/a/p.toml:5:15: error: " + name});
  }
  CHECK(told("sha256_file = \"" + std::string(257, 'l') + '"').size() == 1);
  for (const char* wrong : {"\"\"", "[]", "1", "true", "{ }"}) {
    CAPTURE(wrong);
    CHECK(told(std::string("sha256_file = ") + wrong) ==
          Lines{"/a/p.toml:5:15: error: 'sha256_file' is a list of 1 to 1024 strings, such as "
                "[\"a\", \"b\"]"});
  }
  CHECK(told("source = \"file\"\nunpinned = true\nsha256_file = \"l\"") ==
        Lines{"/a/p.toml:3:1: error: a rule with 'sha256_file' is not 'unpinned'"});
  // Each place that names a missing file is told, a reader that is missing as well.
  CHECK(problems_of(allow_with("sha256_file = [\"l\", \"l\"]")) ==
        Lines{"p.toml:5:16: error: 'sha256_file': l cannot be read here",
              "p.toml:5:21: error: 'sha256_file': l cannot be read here"});
}

TEST_CASE("a malformed line is an error of the list, in its own line") {
  const std::string good = hex_of(1) + "  m.ko\n";
  const std::string hex = hex_of(1);
  for (const std::string& wrong : {std::string("x"),
                                   hex,
                                   hex + ' ',
                                   hex + "  ",
                                   hex + " m",
                                   hex + "m  ",
                                   hex + "\t m",
                                   hex + " \tm",
                                   ' ' + hex + "  m",
                                   '\\' + hex + "  m",
                                   hex.substr(1) + "  m",
                                   '0' + hex + "  m",
                                   hex.substr(1) + "g  m",
                                   "SHA256 (m.ko) = " + hex,
                                   hex + "  m\rn",
                                   hex + "  m\x01",
                                   hex + "  m\x7f",
                                   hex + "  m" + std::string(1, '\0'),
                                   std::string(1, '\0'),
                                   "\xef\xbb\xbf" + hex + "  m",
                                   hex + "  " + std::string(4097, 'm'),
                                   std::string(1U << 20U, 'a')}) {
    CAPTURE(wrong.substr(0, 100));
    CHECK(problems_with(good + "# comment\n" + wrong + '\n' + good) == Lines{"l:3" + kMalformed});
    CHECK(problems_with(wrong) == Lines{"l:1" + kMalformed});
  }
  CHECK(problems_with(hex + "  " + std::string(4096, 'm')).empty());
  CHECK(problems_with(hex + "  \xc3\xa4.ko").empty());
}

TEST_CASE("a list without a digest is an error: it would not restrict the rule") {
  for (const char* text : {"", "\n", "# nothing\n\n", " ", "\r\n"}) {
    CAPTURE(text);
    CHECK(problems_with(text) == Lines{"p.toml:5:15: error: 'sha256_file': l has no digest"});
  }
}

TEST_CASE("a hostile list costs no more than it may") {
  // As many errors as are kept, and no policy.
  std::string wrong;
  for (int line = 0; line < 100000; ++line) wrong += "x\n";
  CHECK(problems_with(wrong).size() == 100);
  std::string large;
  while (large.size() <= 16U << 20U) large += hex_of(1) + "  " + std::string(4000, 'm') + '\n';
  CHECK(problems_with(large) ==
        Lines{"p.toml:5:15: error: 'sha256_file': the lists of digests are larger than 16 MiB"});
  // All together, and each counts once however often it is named.
  const std::string half = large.substr(0, large.find('\n', large.size() / 2) + 1);
  const auto told = [&](const std::string& names) {
    return problems(parsed({{"p.toml", allow_with("sha256_file = [" + names + ']')}},
                           {{"a", half}, {"b", half}}));
  };
  CHECK(told("\"a\", \"a\", \"a\"").empty());
  CHECK(told("\"a\", \"b\"").size() == 1);
}

TEST_CASE("problems of lists stand after those of the policy, list by list") {
  const ParsedPolicy policy =
      parsed({{"p.toml", allow_with("sha256_file = [\"b\", \"a\"]\nexpires = 1")}},
             {{"a", "x\n\ny"}, {"b", "\nx"}});
  CHECK(problems(policy).size() == 4);
  Lines places;
  for (const Problem& problem : policy.problems) {
    places.push_back(problem.file + ':' + std::to_string(problem.line));
  }
  CHECK(places == Lines{"p.toml:6", "a:1", "a:3", "b:2"});
  CHECK_FALSE(policy.policy);
}

TEST_CASE("a policy that is parsed in pieces tells the same of its lists") {
  const std::string rules = allow_with("sha256_file = \"l\"") +
                            "[[role.dev.allow]]\nmodules = [\"n\"]\nsha256_file = [\"l\", \"k\"]\n";
  for (const std::string& text : {hex_of(1) + "  x", std::string("x"), std::string()}) {
    CAPTURE(text);
    const Files files = {{"l", text}, {"k", hex_of(2) + "  x"}};
    const ParsedPolicy pieces = parsed({{"p.toml", rules}}, files, 1);
    const ParsedPolicy whole = parsed({{"p.toml", rules}}, files);
    CHECK(problems(pieces) == problems(whole));
    CHECK(pieces.policy.has_value() == whole.policy.has_value());
  }
}

TEST_CASE("a list covers another one that has no other digests") {
  const Files files = {{"both", hex_of(1) + "  x\n" + hex_of(2) + "  y\n"},
                       {"one", hex_of(1) + "  z\n"},
                       {"three", hex_of(3) + "  z\n"}};
  const auto covered = [&](const std::string& wide, const std::string& narrow) {
    const ParsedPolicy policy = parsed(
        {{"p.toml", allow_with(wide) + "[[role.dev.allow]]\nmodules = [\"m\"]\n" + narrow}}, files);
    REQUIRE(policy.policy);
    return covers(policy.policy->rules()[0], policy.policy->rules()[1]);
  };
  const std::string own = "sha256 = [\"" + hex_of(1) + "\"]";
  CHECK(covered("sha256_file = \"both\"", "sha256_file = \"both\""));
  CHECK(covered("sha256_file = \"both\"", "sha256_file = \"one\""));
  CHECK(covered("sha256_file = \"both\"", own));
  CHECK(covered(own, "sha256_file = \"one\""));
  CHECK(covered("", "sha256_file = \"one\""));
  CHECK_FALSE(covered("sha256_file = \"one\"", "sha256_file = \"both\""));
  CHECK_FALSE(covered("sha256_file = \"one\"", ""));
  CHECK_FALSE(covered("sha256_file = \"both\"", "sha256_file = [\"one\", \"three\"]"));
  CHECK_FALSE(covered(own, "sha256_file = \"three\""));
}
