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

TEST_CASE("a policy has at most 4096 rules, over all files") {
  const std::string rule = "[[deny]]\nmodules = [\"m\"]\n";
  CHECK(problems_of({{"a.toml", repeated(rule, 4000)}, {"b.toml", repeated(rule, 96)}}).empty());
  CHECK(problems_of({{"a.toml", repeated(rule, 4000)}, {"b.toml", repeated(rule, 97)}}) ==
        std::vector<std::string>{"b.toml:193:1: error: more than 4096 rules"});
}

TEST_CASE("a file has at most 1 MiB") {
  const std::string most(std::size_t{1} << 20U, '\n');
  CHECK(problems_of(most).empty());
  CHECK(problems_of(most + "\n") ==
        std::vector<std::string>{"p.toml:1:1: error: the file is larger than 1 MiB"});
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

TEST_CASE("what is nested too deep is an error and no crash") {
  for (const std::string& text :
       {"x = " + std::string(100000, '['), "x = " + repeated("{a=", 100000),
        repeated("a.", 100000) + "a = 1", "[" + repeated("a.", 100000) + "a]",
        "[[" + repeated("a.", 100000) + "a]]", "x = {" + repeated("a.", 100000) + "a = 1}"}) {
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

TEST_CASE("a pattern that needs much memory is refused, and none runs long") {
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
