// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

Policy of_members(const std::string& members) {
  return policy_of("[role.dev]\nmembers = [" + members +
                   "]\n[[role.dev.allow]]\nmodules = [\"m\"]\n");
}

bool is_member(const std::string& members, const Caller& caller = alice()) {
  return is_allowed(
      decide(of_members(members), caller, load_of({fresh("m")}), some_noon()).verdict);
}

}  // namespace

TEST_CASE("a role has its members by user, by group or by uid") {
  CHECK(is_member("\"alice\""));
  CHECK_FALSE(is_member("\"bob\""));
  CHECK_FALSE(is_member("\"Alice\""));
  CHECK_FALSE(is_member("\"alic\""));
  CHECK_FALSE(is_member("\"alice2\""));
  CHECK(is_member("\"%netdev\""));
  CHECK_FALSE(is_member("\"%net\""));
  CHECK_FALSE(is_member("\"netdev\""));
  CHECK_FALSE(is_member("\"%bob\""));
  CHECK(is_member("\"#1000\""));
  CHECK_FALSE(is_member("\"#1001\""));
  CHECK_FALSE(is_member("\"#0\""));
  CHECK_FALSE(is_member("\"1000\""));
  CHECK_FALSE(is_member("\"%2000\""));
  CHECK(is_member("\"bob\", \"%ops\", \"#1000\""));
  CHECK_FALSE(is_member("\"bob\", \"%ops\", \"#1\""));
}

TEST_CASE("a star in a member is no glob") {
  CHECK_FALSE(is_member("\"*\""));
  CHECK_FALSE(is_member("\"%*\""));
  CHECK_FALSE(is_member("\"a*\""));
}

TEST_CASE("names may have blanks inside, as directory services have them") {
  Caller caller = alice();
  caller.groups.push_back({3000, "domain users"});
  CHECK(is_member("\"%domain users\"", caller));
  CHECK_FALSE(is_member("\"%domain users\""));
}

TEST_CASE("a caller without a name, or a group without one, is no member by name",
          "[USBGuard#146]") {
  Caller nobody;
  nobody.groups = {{5, ""}};
  CHECK_FALSE(is_member("\"alice\", \"%netdev\", \"#1000\"", nobody));
  CHECK_FALSE(is_member("\"nobody\", \"#4294967294\"", nobody));
  nobody.user = "nobody";
  CHECK(is_member("\"nobody\"", nobody));
}

TEST_CASE("root is a member only where a role says so") {
  Caller root = alice();
  root.peer.uid = 0;
  root.user = "root";
  root.groups = {{0, "root"}};
  CHECK_FALSE(is_member("\"alice\"", root));
  CHECK(is_member("\"root\"", root));
  CHECK(is_member("\"#0\"", root));
}

TEST_CASE("who is in several roles has the rules of all of them") {
  const Policy policy = policy_of(
      "[role.a]\nmembers = [\"alice\"]\n[[role.a.allow]]\nmodules = [\"x\", \"y\"]\n"
      "[role.b]\nmembers = [\"%netdev\"]\n[[role.b.allow]]\nmodules = [\"z\"]\n"
      "[[role.b.deny]]\nmodules = [\"y\"]\n"
      "[role.c]\nmembers = [\"bob\"]\n[[role.c.allow]]\nmodules = [\"w\"]\n"
      "[[role.c.deny]]\nmodules = [\"x\"]\n");
  CHECK(allows(policy, load_of({fresh("x")})));
  CHECK_FALSE(allows(policy, load_of({fresh("y")})));
  CHECK(allows(policy, load_of({fresh("z")})));
  CHECK_FALSE(allows(policy, load_of({fresh("w")})));
}

TEST_CASE("a policy tells its members as they are written, and where") {
  const Policy policy = of_members("\"alice\", \"%netdev\",\n  \"#1007\"");
  const std::vector<Member> members = policy.members();
  REQUIRE(members.size() == 3);
  CHECK(members[0].text() == "alice");
  CHECK(members[1].text() == "%netdev");
  CHECK(members[2].text() == "#1007");
  CHECK(members[2].file == "p.toml");
  CHECK(members[0].line == 2);
  CHECK(members[0].column == 12);
  CHECK(members[2].line == 3);
  CHECK(members[2].column == 3);
}

TEST_CASE("rules for handed-over files are those that let somebody load them") {
  const std::string file = "modules = [\"m\"]\nsource = \"file\"\nunpinned = true\n";
  CHECK(has_file_rules(allow_rule(file), alice()));
  CHECK_FALSE(has_file_rules(allow_rule(file + "actions = [\"unload\"]\n"), alice()));
  CHECK_FALSE(has_file_rules(allow_rule("modules = [\"m\"]\n"), alice()));
  CHECK_FALSE(
      has_file_rules(policy_of("[[deny]]\nmodules = [\"m\"]\nsource = \"file\"\n"), alice()));
  Caller bob = alice();
  bob.user = "bob";
  CHECK_FALSE(has_file_rules(allow_rule(file), bob));
}

TEST_CASE("the symbols to look for are those of all denies, each once") {
  const Policy policy = policy_of(
      "[[deny]]\nimports = [\"b\", \"a\"]\n"
      "[role.dev]\nmembers = [\"alice\"]\n[[role.dev.deny]]\nimports = [\"c\", \"a\"]\n");
  CHECK(symbols_to_look_for(policy) == std::vector<std::string>{"a", "b", "c"});
  CHECK(symbols_to_look_for(policy_of("")).empty());
}
