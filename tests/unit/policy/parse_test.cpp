// SPDX-License-Identifier: Apache-2.0
// What a policy says, where it is sound.
#include "gate/policy/parse.h"

#include <fstream>
#include <sstream>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

std::string shipped_policy() {
  std::ifstream file(std::string(MODGATE_SOURCE_DIR) + "/etc/policy.toml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The shipped policy with its examples, which are comments there, in force.
std::string uncommented(const std::string& text) {
  std::string result;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    std::string line = text.substr(begin, end - begin);
    const bool is_example =
        line.starts_with("# ") && (line[2] == '[' || line.find(" = ") != std::string::npos);
    result += (is_example ? line.substr(2) : line) + '\n';
    begin = end + 1;
  }
  return result;
}

}  // namespace

TEST_CASE("an empty policy is sound, has the defaults and allows nothing", "[USBGuard#146]") {
  for (const Policy& policy : {policy_of(""), policy_of(std::vector<PolicyFile>{})}) {
    CHECK(policy.ticket() == std::chrono::minutes(5));
    CHECK(policy.max_module_bytes() == 256U * 1024 * 1024);
    CHECK(policy.linux_audit() == "on");
    CHECK(policy.pam_services() == std::vector<std::string>{"modgate"});
    CHECK_FALSE(policy.lists_dependencies());
    CHECK_FALSE(policy.loads_from_file());
    CHECK(policy.rules().empty());
    CHECK(policy.members().empty());
    CHECK_FALSE(allows(policy, load_of({fresh("m")})));
  }
}

TEST_CASE("defaults are what they say") {
  const Policy policy = policy_of(
      "[defaults]\nauthenticate = false\nticket = \"90s\"\npam_service = \"site\"\nreason = true\n"
      "dependencies = \"listed\"\nload_source = \"file\"\nlinux_audit = \"required\"\n"
      "anchor = \"async\"\nmax_module_size = \"64M\"\n");
  CHECK(policy.ticket() == std::chrono::seconds(90));
  CHECK(policy.max_module_bytes() == 64U * 1024 * 1024);
  CHECK(policy.linux_audit() == "required");
  CHECK(policy.pam_services() == std::vector<std::string>{"site"});
  CHECK(policy.lists_dependencies());
  CHECK(policy.loads_from_file());
  CHECK_FALSE(policy_of("defaults.load_source = \"memory\"").loads_from_file());
}

TEST_CASE("a decision says what is loaded, the checked bytes or the file") {
  const std::string role =
      "[role.dev]\nmembers = [\"alice\"]\n[[role.dev.allow]]\nmodules = [\"m\"]\n";
  const auto from_file = [&](const std::string& defaults) {
    const Decision decision =
        decide(policy_of(defaults + role), alice(), load_of({fresh("m")}), some_noon());
    CHECK(is_allowed(decision.verdict));
    return decision.load_from_file;
  };
  CHECK_FALSE(from_file(""));
  CHECK_FALSE(from_file("[defaults]\nload_source = \"memory\"\n"));
  CHECK(from_file("[defaults]\nload_source = \"file\"\n"));
}

TEST_CASE("times and sizes have units") {
  const auto ticket = [](const std::string& text) {
    return policy_of("defaults.ticket = \"" + text + "\"").ticket().count();
  };
  CHECK(ticket("0") == 0);
  CHECK(ticket("1s") == 1);
  CHECK(ticket("5m") == 300);
  CHECK(ticket("24h") == 86400);
  CHECK(ticket("86400s") == 86400);
  const auto size = [](const std::string& text) {
    return policy_of("defaults.max_module_size = \"" + text + "\"").max_module_bytes();
  };
  CHECK(size("4096") == 4096);
  CHECK(size("4K") == 4096);
  CHECK(size("512M") == 512U * 1024 * 1024);
}

TEST_CASE("the PAM services are all that are named, each once, and the default") {
  const std::string text =
      "[role.a]\nmembers = [\"a\"]\n"
      "[[role.a.allow]]\nmodules = [\"m\"]\npam_service = \"strict\"\n"
      "[[role.a.allow]]\nmodules = [\"n\"]\npam_service = \"strict\"\nauthenticate = false\n"
      "[[role.a.allow]]\nmodules = [\"o\"]\n";
  ParseOptions options;
  options.default_pam_service = "other";
  const ParsedPolicy parsed = parse_policy({{"p.toml", text}}, options);
  REQUIRE(parsed.policy);
  CHECK(parsed.policy->pam_services() == std::vector<std::string>{"other", "strict"});
  const ParsedPolicy named =
      parse_policy({{"p.toml", "defaults.pam_service = \"site\"\n" + text}}, options);
  REQUIRE(named.policy);
  CHECK(named.policy->pam_services() == std::vector<std::string>{"site", "strict"});
}

TEST_CASE("a rule stands where its header is") {
  const Policy policy = policy_of(
      "\n"
      "[[deny]]\n"
      "modules = [\"nf_tables\", \"kvm*\"]\n"
      "message = \"ask the platform team\"\n"
      "\n"
      "[role.dev]\n"
      "members = [\"alice\", \"%netdev\"]\n"
      "[[role.dev.allow]]\n"
      "modules = [\"dummy\", \"veth\", \"vxlan\", \"gate_*\"]\n"
      "params.dummy.numdummies = { int = [0, 8] }\n"
      "\n"
      "   # a comment\n"
      "  [[ role . \"dev\" . allow ]]  # another one\n"
      "\n"
      "modules = [\"tun\"]\n"
      "[[role.dev.deny]]\n"
      "modules = [\"tap\"]\n"
      "[[deny]]\n"
      "imports = [\"x\"]\n");
  std::vector<std::string> places;
  for (const Rule& rule : policy.rules())
    places.push_back(rule.ref().text() + ' ' + rule.ref().role);
  CHECK(places == std::vector<std::string>{"p.toml:2 ", "p.toml:8 dev", "p.toml:13 dev",
                                           "p.toml:16 dev", "p.toml:18 "});
}

TEST_CASE("a rule written as an inline table stands where that begins") {
  const Policy policy = policy_of(
      "deny = [ { modules = [\"a\"] }, { modules = [\"b\"] },\n"
      "  { modules = [\"c\"] } ]\n"
      "[role.dev]\nmembers = [\"alice\"]\n"
      "allow = [\n  { modules = [\n \"d\" ] },\n]\n");
  std::vector<std::string> places;
  for (const Rule& rule : policy.rules()) {
    places.push_back(std::to_string(rule.line) + ' ' + rule.modules.front().pattern());
  }
  CHECK(places == std::vector<std::string>{"1 a", "1 b", "2 c", "6 d"});
}

TEST_CASE("a file with carriage returns counts the same lines") {
  const Policy policy =
      policy_of("\r\n[[deny]]\r\nmodules = [\"a\"]\r\n[[deny]]\r\nmodules=[\"b\"]\r\n");
  REQUIRE(policy.rules().size() == 2);
  CHECK(policy.rules()[0].line == 2);
  CHECK(policy.rules()[1].line == 4);
}

TEST_CASE("a policy can be copied, and each copy decides") {
  Policy first = allow_rule("modules = [\"m\"]\nparams.m.n = { match = \"[a-z]+\" }\n");
  const Policy second = first;
  const Policy third = std::move(first);
  const Plan good = load_of({with_parameter(fresh("m"), "n", "abc")});
  const Plan bad = load_of({with_parameter(fresh("m"), "n", "ABC")});
  for (const Policy* policy : {&second, &third}) {
    CHECK(allows(*policy, good));
    CHECK_FALSE(allows(*policy, bad));
  }
}

TEST_CASE("what probably was not meant is a warning") {
  CHECK(problems_of("[defaults]\n[role.a]\n[[role.a.allow]]\nmodules = [\"m\"]\n") ==
        std::vector<std::string>{
            "p.toml:2:7: warning: the role a has no members: its rules are nobody's"});
  CHECK(problems_of("[role.a]\nmembers = [\"a\"]\n[[role.a.allow]]\nmodules = [\"m\"]\n"
                    "params.n.x = { int = [0, 1] }\n") ==
        std::vector<std::string>{"p.toml:5:8: warning: the rule is not about the module n: these "
                                 "parameters are never used"});
  CHECK(problems_of("[role.a]\nmembers = [\"a\"]\n[[role.a.allow]]\nmodules = [\"m-*\"]\n"
                    "params.m_n.x = { int = [0, 1] }\n")
            .empty());
}

TEST_CASE("the policy that is installed is sound and allows nothing") {
  const std::string text = shipped_policy();
  REQUIRE(text.size() > 1000);
  CHECK(problems_of(text).empty());
  const Policy policy = policy_of(text);
  CHECK(policy.rules().empty());
  CHECK(policy.roles().empty());
}

TEST_CASE("the examples of the policy that is installed are sound as well") {
  ParseOptions options;
  options.read_file = [](const std::string& path) -> Result<std::string> {
    CHECK(path == "/etc/modgate/lab.sha256");
    return std::string(64, 'a') + "  sensor-1.ko\n";
  };
  const ParsedPolicy parsed =
      parse_policy({{"/etc/modgate/policy.toml", uncommented(shipped_policy())}}, options);
  CHECK(parsed.problems.empty());
  REQUIRE(parsed.policy);
  const Policy& policy = *parsed.policy;
  CHECK(policy.roles().size() == 2);
  CHECK(policy.rules().size() == 8);
  CHECK(allows(policy, load_of({with_parameter(fresh("dummy"), "numdummies", "64")})));
  CHECK_FALSE(allows(policy, load_of({with_parameter(fresh("dummy"), "numdummies", "65")})));
  CHECK_FALSE(allows(policy, load_of({fresh("kvm_intel")})));
  CHECK_FALSE(allows(policy, load_of({fresh("usb_storage")})));
  Caller bob;
  bob.user = "bob";
  const auto may_load = [&](const std::string& name, const std::vector<std::string>& signers) {
    PlannedModule module = inspected(handed_over(name), 0xaa);
    module.facts.signers = signers;
    Circumstances now = some_noon();
    now.reason = "LAB-1";
    return is_allowed(decide(policy, bob, load_of({module}), now).verdict);
  };
  CHECK(may_load("mydrv1", {"lab-key"}));
  CHECK_FALSE(may_load("mydrv1", {"kernel"}));
  CHECK(may_load("sensor_1", {}));
  CHECK_FALSE(may_load("probe", {"lab-key"}));
}
