// SPDX-License-Identifier: Apache-2.0
// Several files are one policy.
#include <algorithm>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

TEST_CASE("members and rules of a role add up, and its first description stays") {
  const Policy policy = policy_of({
      {"a.toml", "[role.dev]\nmembers = [\"bob\"]\n[[role.dev.allow]]\nmodules = [\"a\"]\n"},
      {"b.toml",
       "[role.dev]\ndescription = \"first\"\nmembers = [\"alice\"]\n"
       "[[role.dev.allow]]\nmodules = [\"b\"]\n"},
      {"c.toml",
       "[role.dev]\ndescription = \"second\"\n[[role.dev.deny]]\nmodules = [\"c\"]\n"
       "[[role.dev.allow]]\nmodules = [\"c\", \"d\"]\n"},
  });
  REQUIRE(policy.roles().size() == 1);
  CHECK(policy.roles().front().description == "first");
  CHECK(policy.members().size() == 2);
  CHECK(allows(policy, load_of({fresh("a")})));
  CHECK(allows(policy, load_of({fresh("b")})));
  CHECK_FALSE(allows(policy, load_of({fresh("c")})));
  CHECK(allows(policy, load_of({fresh("d")})));
  const Decision decision = decide(policy, alice(), load_of({fresh("b")}), some_noon());
  CHECK(decision.rule.text() == "b.toml:4");
}

TEST_CASE("a role without members in one file may have them in another one") {
  CHECK(problems_of({{"a.toml", "[[role.dev.allow]]\nmodules = [\"a\"]\n"},
                     {"b.toml", "role.dev.members = [\"a\"]\n"}})
            .empty());
  CHECK(problems_of({{"a.toml", "[[role.dev.allow]]\nmodules = [\"a\"]\n"}, {"b.toml", "\n"}}) ==
        std::vector<std::string>{
            "a.toml:1:8: warning: the role dev has no members: its rules are nobody's"});
}

TEST_CASE("the merged order is that of the files, then of the lines") {
  const Policy policy = policy_of({
      {"z.toml",
       "[[role.b.allow]]\nmodules = [\"a\"]\n[[deny]]\nmodules = [\"b\"]\n"
       "[[role.a.deny]]\nmodules = [\"c\"]\n[[role.a.allow]]\nmodules = [\"d\"]\n"},
      {"a.toml",
       "[[deny]]\nmodules = [\"e\"]\n[role.a]\nmembers = [\"a\"]\n"
       "[role.b]\nmembers = [\"a\"]\n"},
  });
  std::string order;
  for (const Rule& rule : policy.rules()) order += rule.modules.front().pattern();
  CHECK(order == "abcde");
  CHECK(policy.roles().front().name == "b");
}

TEST_CASE("defaults of different files add up, but none is set twice",
          "[CVE-2015-3255][CVE-2015-3256]") {
  const Policy policy = policy_of({{"a.toml", "[defaults]\nticket = \"1m\"\n"},
                                   {"b.toml", "[defaults]\nlinux_audit = \"off\"\n"}});
  CHECK(policy.ticket() == std::chrono::minutes(1));
  CHECK(policy.linux_audit() == "off");
  CHECK(problems_of({{"a.toml", "[defaults]\nticket = \"1m\"\n"},
                     {"b.toml", "\n[defaults]\n\nticket = \"1m\"\n"}}) ==
        std::vector<std::string>{"b.toml:4:1: error: 'ticket' is set at a.toml:2 already"});
  CHECK(problems_of({{"a.toml", "[defaults]\nanchor = \"async\"\n"},
                     {"b.toml", "defaults.anchor = \"async\"\n"}}) ==
        std::vector<std::string>{"b.toml:1:10: error: 'anchor' is set at a.toml:2 already"});
}

TEST_CASE("the defaults of one file hold for the rules of all") {
  const std::vector<PolicyFile> sources = {
      {"a.toml", "role.dev.members = [\"alice\"]\n[[role.dev.allow]]\nmodules = [\"m\"]\n"},
      {"b.toml", "[defaults]\nauthenticate = false\n"}};
  const auto services = [](const Policy& policy) {
    return decide(policy, alice(), load_of({fresh("m")}), some_noon()).asks.pam_services.size();
  };
  CHECK(services(policy_of(sources)) == 0);
  CHECK(services(policy_of({sources.front()})) == 1);
}

TEST_CASE("one file with an error is an error of the whole policy",
          "[CVE-2019-25058][USBGuard#273][USBGuard#403]") {
  const PolicyFile good = {"good.toml", "role.dev.members = [\"alice\"]\n"};
  CHECK(parse_policy({good}).policy);
  CHECK_FALSE(parse_policy({good, {"bad.toml", "x = 1\n"}}).policy);
  CHECK_FALSE(parse_policy({{"bad.toml", "x = [\n"}, good}).policy);
  CHECK(problems_of({{"b.toml", "x = 1\n"}, good, {"a.toml", "y = 1\n"}}) ==
        std::vector<std::string>{"b.toml:1:1: error: unknown key 'x' in a policy",
                                 "a.toml:1:1: error: unknown key 'y' in a policy"});
}

TEST_CASE("the order of the files never matters for what is allowed") {
  std::vector<PolicyFile> sources = {
      {"a.toml", "role.dev.members = [\"alice\"]\n"},
      {"b.toml", "[[role.dev.allow]]\nmodules = [\"a\", \"b\", \"c\"]\n"},
      {"c.toml", "[[role.dev.deny]]\nmodules = [\"b\"]\n"},
      {"d.toml", "[[deny]]\nmodules = [\"c\"]\n"},
  };
  do {
    const Policy policy = policy_of(sources);
    CHECK(allows(policy, load_of({fresh("a")})));
    CHECK_FALSE(allows(policy, load_of({fresh("b")})));
    CHECK_FALSE(allows(policy, load_of({fresh("c")})));
  } while (std::next_permutation(
      sources.begin(), sources.end(),
      [](const PolicyFile& left, const PolicyFile& right) { return left.path < right.path; }));
}
