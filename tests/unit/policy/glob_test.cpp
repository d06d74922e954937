// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/glob.h"

#include <random>
#include <string>

#include "catch.h"

using modgate::Glob;

namespace {

struct Row {
  std::string pattern;
  std::string text;
  bool matches;
};

/// The definition, word for word: slow, and plainly right.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with("**")) {
    for (std::size_t taken = 0; taken <= text.size(); ++taken) {
      if (matches_by_definition(pattern.substr(2), text.substr(taken))) return true;
    }
    return false;
  }
  if (pattern.front() == '*') {
    for (std::size_t taken = 0; taken <= text.size(); ++taken) {
      if (matches_by_definition(pattern.substr(1), text.substr(taken))) return true;
      if (taken < text.size() && text[taken] == '/') return false;
    }
    return false;
  }
  if (text.empty()) return false;
  const bool same =
      pattern.front() == text.front() || (pattern.front() == '?' && text.front() != '/');
  return same && matches_by_definition(pattern.substr(1), text.substr(1));
}

std::string random_text(std::mt19937& random, const std::string& alphabet, std::size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& byte : text) byte = alphabet[random() % alphabet.size()];
  return text;
}

}  // namespace

TEST_CASE("a glob matches the whole of a text") {
  const Row row = GENERATE(values<Row>({
      {"dummy", "dummy", true},
      {"dummy", "dummy2", false},
      {"dummy", "xdummy", false},
      {"", "", true},
      {"", "a", false},
      {"kvm*", "kvm", true},
      {"kvm*", "kvm_intel", true},
      {"kvm*", "xkvm", false},
      {"*", "anything", true},
      {"*", "a/b", false},
      {"**", "a/b", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "/", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"usb_*_x", "usb_a_b_x", true},
      {"usb_*_x", "usb_a_b_y", false},
      {"kernel/drivers/net/**", "kernel/drivers/net/dummy", true},
      {"kernel/drivers/net/**", "kernel/drivers/net/usb/r8152", true},
      {"kernel/drivers/net/**", "kernel/drivers/network", false},
      {"kernel/drivers/net/*", "kernel/drivers/net/dummy", true},
      {"kernel/drivers/net/*", "kernel/drivers/net/usb/r8152", false},
      {"kernel/**/r8152", "kernel/drivers/net/usb/r8152", true},
      {"kernel/**/r8152", "kernel/drivers/net/usb/r8153", false},
      {"[ab]", "a", false},
      {"[ab]", "[ab]", true},
      {"\\*", "*", false},
  }));
  CAPTURE(row.pattern, row.text);
  CHECK(Glob(row.pattern).matches(row.text) == row.matches);
}

TEST_CASE("the fast way of matching says what the definition says") {
  std::mt19937 random(20261201);
  int matched = 0;
  for (int round = 0; round < 100000; ++round) {
    const std::string pattern = random_text(random, "ab/**?", 8);
    const std::string text = random_text(random, "ab/", 10);
    CAPTURE(pattern, text);
    const bool expected = matches_by_definition(pattern, text);
    if (expected) ++matched;
    REQUIRE(Glob(pattern).matches(text) == expected);
  }
  CHECK(matched > 1000);
}

TEST_CASE("a glob full of stars is not slow") {
  std::string pattern;
  for (int part = 0; part < 64; ++part) pattern += "*a**b";
  const std::string text(4096, 'a');
  CHECK_FALSE(Glob(pattern).matches(text));
  CHECK(Glob(pattern + "**").matches(text + std::string(64, 'b')) ==
        Glob(pattern + "**").matches(text + std::string(64, 'b') + "/x"));
}
