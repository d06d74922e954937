// SPDX-License-Identifier: Apache-2.0
// What is too much of something, and what would exhaust a parser that trusts its file.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int time = 0; time < times; ++time) all += text;
  return all;
}

std::string members(int count) {
  return "[role.a]\nmembers = [" + repeated("\"a\",", count) + "]\n";
}

}  // namespace

TEST_CASE("a list has at most 1024 entries") {
  CHECK(problems_of(members(1024)).empty());
  CHECK(
      problems_of(members(1025)) ==
      std::vector<std::string>{
          "p.toml:2:11: error: 'members' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"});
}

TEST_CASE("a policy has at most 200,000 rules, over all files") {
  const auto list = [](int rules) {
    return "deny = [\n" + repeated("{modules=['m']},\n", rules) + "]\n";
  };
  CHECK(problems_of({{"a.toml", list(100000)}, {"b.toml", list(100001)}}) ==
        std::vector<std::string>{"b.toml:100002:1: error: more than 200000 rules"});
  const std::string rule = "[[deny]]\nmodules=['m']\n";
  CHECK(problems_of(repeated(rule, 200001)) ==
        std::vector<std::string>{"p.toml:400001:1: error: more than 200000 rules"});
  CHECK(problems_of(repeated("[[deny]]\n", 1000000)) ==
        std::vector<std::string>{"p.toml:200001:1: error: more than 200000 rules"});
}

TEST_CASE("the files of a policy have at most 16 MiB together") {
  // An error in its first line, so that the parser goes no further.
  std::string most = "x\n#";
  most.resize(std::size_t{16} << 20U, '-');
  const std::string too_large = ":1:1: error: the policy is larger than 16 MiB";
  const auto last = [](const std::vector<PolicyFile>& sources) {
    return problems_of(sources).back();
  };
  CHECK(last({{"a.toml", most}}) != "a.toml" + too_large);
  CHECK(last({{"a.toml", most + '-'}}) == "a.toml" + too_large);
  CHECK(last({{"a.toml", most}, {"b.toml", ""}}) != "b.toml" + too_large);
  CHECK(last({{"a.toml", most}, {"b.toml", ""}, {"c.toml", "#"}}) == "c.toml" + too_large);
  CHECK(problems_of(std::string(std::size_t{64} << 20U, '[')).size() == 1);
}

TEST_CASE("what would cost the parser too much time or memory is refused before") {
  CHECK(problems_of("x = [\n" + repeated("[],", 1500000) + "]\n") ==
        std::vector<std::string>{"p.toml:2:1: error: more than 2097152 values"});
  CHECK(problems_of(repeated("a.b = 1\n", 50001)) ==
        std::vector<std::string>{
            "p.toml:50001:1: error: more than 50000 dotted keys; write { } tables instead"});
  CHECK(problems_of(repeated("[a.b]\n", 300001)) ==
        std::vector<std::string>{"p.toml:300001:1: error: more than 300000 tables"});
}

TEST_CASE("all patterns of a policy together are bounded, and equal ones count once") {
  const auto with_reasons = [](int many, const std::string& after) {
    std::string text = "role.a.members = [\"alice\"]\n";
    for (int rule = 0; rule < many; ++rule) {
      text += "[[role.a.allow]]\nmodules = [\"m\"]\nreason = \"" +
              (after.empty() ? "same" : std::to_string(rule) + after) + "\"\n";
    }
    return text;
  };
  CHECK(problems_of(with_reasons(4096, ".")).empty());
  CHECK(problems_of(with_reasons(5000, "")).empty());
  CHECK(problems_of(with_reasons(4097, ".")).size() == 1);
  CHECK(problems_of(with_reasons(300, "[a-z]{1000}")).empty());
  CHECK_FALSE(problems_of(with_reasons(2000, "[^a-z]{900}")).empty());
}

TEST_CASE("of errors and warnings there are 100 each, and no warning hides an error") {
  std::string text;
  for (int role = 0; role < 300; ++role) text += "[role.r" + std::to_string(role) + "]\n";
  const ParsedPolicy warned = parse_policy({{"p.toml", text}});
  CHECK(warned.policy);
  CHECK(warned.problems.size() == 100);
  CHECK_FALSE(parse_policy({{"p.toml", text + "x = 1\n"}}).policy);

  std::string wrong;
  for (int key = 0; key < 300; ++key) wrong += "key" + std::to_string(key) + " = 1\n";
  const ParsedPolicy refused = parse_policy({{"p.toml", wrong}});
  CHECK_FALSE(refused.policy);
  CHECK(refused.problems.size() == 100);
}

TEST_CASE("a message shows no more of a key than there is room for") {
  const std::string long_key(100000, 'k');
  CHECK(problems_of(long_key + " = 1\n") ==
        std::vector<std::string>{"p.toml:1:1: error: unknown key '" + std::string(64, 'k') +
                                 "...' in a policy"});
}

TEST_CASE("what is nested too deep is an error and no crash", "[CVE-2025-7519]") {
  for (const std::string& text :
       {"x = " + std::string(1'000'000, '['), "x = " + repeated("{a=", 1'000'000),
        repeated("a.", 1'000'000) + "a = 1", "[" + repeated("a.", 1'000'000) + "a]",
        "[[" + repeated("a.", 1'000'000) + "a]]", "x = {" + repeated("a.", 1'000'000) + "a = 1}"}) {
    CHECK_FALSE(parse_policy({{"p.toml", text}}).policy);
  }
}

TEST_CASE("dots and brackets together are bounded, too") {
  std::string text = "x = [\n";
  std::string closing = "]\n";
  for (int level = 0; level < 120; ++level) {
    text += "{a" + repeated(".a", 250) + " = [\n";
    closing.insert(0, "]}\n");
  }
  CHECK_FALSE(parse_policy({{"p.toml", text + closing}}).policy);
  CHECK_FALSE(parse_policy({{"p.toml", text}}).policy);
}

TEST_CASE("a line has at most 256 dots") {
  const auto with_dots = [](int dots) {
    return "# first\n[[deny]] # " + std::string(static_cast<std::size_t>(dots), '.') +
           "\nmodules = [\"m\"]\n";
  };
  CHECK(problems_of(with_dots(256)).empty());
  CHECK(problems_of(with_dots(257)) ==
        std::vector<std::string>{"p.toml:2:1: error: the line has too many dots"});
}

TEST_CASE("a pattern that needs much memory is refused, and none runs long",
          "[CVE-2015-3255][CVE-2015-3256]") {
  const auto with_pattern = [](const std::string& pattern) {
    return "[role.a]\nmembers = [\"alice\"]\n[[role.a.allow]]\nmodules = [\"m\"]\n"
           "params.m.n = { match = '" +
           pattern + "' }\n";
  };
  CHECK_FALSE(problems_of(with_pattern("((((a{1,100}){1,100}){1,100}){1,100})")).empty());
  const Policy policy = policy_of(with_pattern("(a|aa)*(a|aa)*(a|aa)*b"));
  const auto load = [](const std::string& value) {
    return load_of({with_parameter(fresh("m"), "n", value)});
  };
  CHECK_FALSE(allows(policy, load(std::string(60000, 'a'))));
  CHECK(allows(policy, load(std::string(1000, 'a') + "b")));
}
