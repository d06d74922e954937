// SPDX-License-Identifier: Apache-2.0
// Every way in which a policy is wrong, and where and in which words that is said.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

struct Row {
  std::string text;
  std::string problem;
};

const std::string kMisplacedPin =
    "a rule with source = \"file\" pins the module with 'signer', 'sha256' or 'sha256_file', or "
    "says "
    "unpinned = true";
const std::string kValues =
    "the values of a parameter are { int = [0, 64] }, { enum = [\"a\", \"b\"] } or { match = "
    "\"[a-z]+\" }";

}  // namespace

TEST_CASE("an unknown key is an error that names the nearest one") {
  const Row row = GENERATE(values<Row>({
      {"[default]\n", "1:2: error: unknown key 'default' in a policy; did you mean 'defaults'?"},
      {"x = 1\n", "1:1: error: unknown key 'x' in a policy"},
      {"[defaults]\ntickets = \"5m\"\n",
       "2:1: error: unknown key 'tickets' in [defaults]; did you mean 'ticket'?"},
      {"[defaults]\n  authentication = true\n",
       "2:3: error: unknown key 'authentication' in [defaults]; did you mean 'authenticate'?"},
      {"[role.a]\nmember = [\"a\"]\nmembers = [\"a\"]\n",
       "2:1: error: unknown key 'member' in a role; did you mean 'members'?"},
      {"[role.a]\nmembers = [\"a\"]\n[[role.a.allows]]\nmodules = [\"m\"]\n",
       "3:10: error: unknown key 'allows' in a role; did you mean 'allow'?"},
      {"[[deny]]\nmodules = [\"m\"]\nmesage = \"x\"\n",
       "3:1: error: unknown key 'mesage' in a deny rule; did you mean 'message'?"},
      {"[[deny]]\nmodules = [\"m\"]\nentirely_different = \"x\"\n",
       "3:1: error: unknown key 'entirely_different' in a deny rule"},
  }));
  CAPTURE(row.text);
  CHECK(problems_of(row.text) == std::vector<std::string>{"p.toml:" + row.problem});
}

TEST_CASE("a value of the wrong kind is an error that says what is expected") {
  const Row row = GENERATE(values<Row>({
      {"defaults = 1", "1:12: error: 'defaults' is a table"},
      {"role = 1", "1:8: error: 'role' is a table"},
      {"role.a = 1", "1:6: error: a role is a table: [role.NAME]"},
      {"[role.\"a b\"]", "1:7: error: the name of a role is of A-Z a-z 0-9 _ - ."},
      {"deny = 1", "1:8: error: rules are a list: each begins with [[deny]]"},
      {"deny = []", "1:8: error: rules are a list: each begins with [[deny]]"},
      {"deny = [1]", "1:8: error: rules are a list: each begins with [[deny]]"},
      {"role.a.members = [\"a\"]\nrole.a.allow = {}",
       "2:16: error: rules are a list: each begins with [[role.a.allow]]"},
      {"role.a.members = []",
       "1:18: error: 'members' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"defaults.authenticate = \"yes\"", "1:25: error: 'authenticate' is true or false"},
      {"defaults.authenticate = 1", "1:25: error: 'authenticate' is true or false"},
      {"defaults.reason = 1", "1:19: error: 'reason' is true, false or a pattern"},
      {"defaults.reason = \"\"", "1:19: error: 'reason' is true, false or a pattern"},
      {"defaults.dependencies = \"all\"",
       "1:25: error: 'dependencies' is \"follow\" or \"listed\""},
      {"defaults.linux_audit = true",
       "1:24: error: 'linux_audit' is \"off\", \"on\" or \"required\""},
      {"defaults.load_source = \"disk\"", "1:24: error: 'load_source' is \"memory\" or \"file\""},
      {"defaults.anchor = true", "1:19: error: 'anchor' is \"async\" or \"before-load\""},
  }));
  CAPTURE(row.text);
  CHECK(problems_of(row.text) == std::vector<std::string>{"p.toml:" + row.problem});
}

TEST_CASE("a default out of bounds is an error") {
  const std::string ticket =
      "'ticket' is a time such as \"90s\", \"5m\" or \"8h\", at most \"24h\", or \"0\" to ask "
      "every "
      "time";
  for (const char* value : {"\"\"", "\"5\"", "\"m\"", "\"5d\"", "\"25h\"", "\"86401s\"", "\"-5m\"",
                            "\"+5m\"", "\"5 m\"", "\"5m \"", "\"99999999999h\"", "5", "true"}) {
    CAPTURE(value);
    CHECK(problems_of(std::string("defaults.ticket = ") + value) ==
          std::vector<std::string>{"p.toml:1:19: error: " + ticket});
  }
  const std::string size = "'max_module_size' is a size such as \"256M\", of \"4K\" to \"512M\"";
  for (const char* value : {"\"\"", "\"M\"", "\"4095\"", "\"513M\"", "\"1G\"", "\"256m\"",
                            "\"-1M\"", "\"99999999999G\"", "\"1T\"", "256"}) {
    CAPTURE(value);
    CHECK(problems_of(std::string("defaults.max_module_size = ") + value) ==
          std::vector<std::string>{"p.toml:1:28: error: " + size});
  }
  for (const char* value :
       {"\"\"", "\"a/b\"", "\"../x\"", "\".x\"", "\"Modgate\"", "\"a b\"", "1"}) {
    CAPTURE(value);
    CHECK(problems_of(std::string("defaults.pam_service = ") + value) ==
          std::vector<std::string>{"p.toml:1:24: error: 'pam_service' is the name of a file in "
                                   "/etc/pam.d: of a-z 0-9 - _ ."});
  }
}

TEST_CASE("a member that could match nobody is an error", "[CVE-2019-14287][CVE-2018-19788]") {
  const std::string uid = "a member \"#uid\" has a number after the '#'";
  const std::string name = "a member is a user, a \"%group\" or a \"#uid\"";
  const Row row = GENERATE_COPY(values<Row>({
      {"\"%\"", name},
      {"\" \"", name},
      {"\" alice\"", name},
      {"\"alice \"", name},
      {"\"a:b\"", name},
      {"\"a\\nb\"", name},
      {"\"a\\u0000\"", name},
      {"\"#\"", uid},
      {"\"#x\"", uid},
      {"\"#-1\"", uid},
      {"\"#+1\"", uid},
      {"\"# 1\"", uid},
      {"\"#1x\"", uid},
      {"\"#4294967295\"", uid},
      {"\"#4294967296\"", uid},
      {"\"\"", "'members' is a list of strings that are not empty"},
      {"1000", "'members' is a list of strings that are not empty"},
  }));
  CAPTURE(row.text);
  CHECK(problems_of("role.a.members = [\"ok\", " + row.text + "]") ==
        std::vector<std::string>{"p.toml:1:25: error: " + row.problem});
}

TEST_CASE("a rule that cannot mean anything is an error") {
  const std::string allow = "role.a.members = [\"a\"]\nrole.a.allow = [\n";
  const std::string modules =
      "'modules' has names and globs of A-Z a-z 0-9 _ - * ?, without a path or ending; a place in "
      "the module tree is written with 'tree'";
  const std::string signers =
      "'signer' has names of certificates in the directory of signers, without their ending: of "
      "A-Z a-z 0-9 _ - .";
  const std::string trees =
      "'tree' has globs of places below /lib/modules/RELEASE, such as \"kernel/drivers/net/**\"";
  const Row row = GENERATE_COPY(values<Row>({
      {"{ }", "1: error: a rule names 'modules' or 'tree'"},
      {"{ actions = [\"load\"] }", "1: error: a rule names 'modules' or 'tree'"},
      {"{ modules = [] }",
       "13: error: 'modules' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = \"m\" }",
       "13: error: 'modules' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = [\"\"] }", "14: error: 'modules' is a list of strings that are not empty"},
      {"{ modules = [\"a\", \"b.ko\"] }", "19: error: " + modules},
      {"{ modules = [\"a/b\"] }", "14: error: " + modules},
      {"{ modules = [\"[ab]\"] }", "14: error: " + modules},
      {"{ tree = [\"/lib/modules\"] }", "11: error: " + trees},
      {"{ tree = [\"a b\"] }", "11: error: " + trees},
      {"{ tree = [\"a/b.ko\"] }", "11: error: a place in the tree is written without .ko"},
      {"{ tree = [\"a/b.ko.xz\"] }", "11: error: a place in the tree is written without .ko"},
      {"{ modules = [\"m\"], imports = [\"s\"] }", "30: error: 'imports' is for deny rules only"},
      {"{ modules = [\"m\"], message = \"s\" }", "30: error: 'message' is for deny rules only"},
      {"{ modules = [\"m\"], actions = [\"remove\"] }",
       "31: error: an action is \"load\", \"unload\" or \"unload-own\""},
      {"{ modules = [\"m\"], actions = [] }",
       "30: error: 'actions' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = [\"m\"], source = \"any\" }", "29: error: 'source' is \"tree\" or \"file\""},
      {"{ modules = [\"m\"], source = \"file\" }", "1: error: " + kMisplacedPin},
      {"{ modules = [\"m\"], source = \"file\", unpinned = false }", "1: error: " + kMisplacedPin},
      {"{ modules = [\"m\"], unpinned = true }",
       "1: error: 'unpinned' is for allow rules with source = \"file\""},
      {"{ tree = [\"a/*\"], source = \"file\", unpinned = true }",
       "1: error: a handed-over file has no place in the tree"},
      {"{ modules = [\"m\"], sha256 = [\"00\"] }",
       "30: error: 'sha256' has digests of 64 hex digits"},
      {"{ modules = [\"m\"], sha256 = [\"" + std::string(63, '0') + "g\"] }",
       "30: error: 'sha256' has digests of 64 hex digits"},
      {"{ modules = [\"m\"], sha256 = [\"" + std::string(65, '0') + "\"] }",
       "30: error: 'sha256' has digests of 64 hex digits"},
      {"{ modules = [\"m\"], sha256 = [] }",
       "29: error: 'sha256' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = [\"m\"], source = \"file\", unpinned = true, sha256 = [\"" +
           std::string(64, '0') + "\"] }",
       "1: error: a rule with 'sha256' is not 'unpinned'"},
      {"{ modules = [\"m\"], source = \"file\", unpinned = true, signer = [\"s\"] }",
       "1: error: a rule with 'signer' is not 'unpinned'"},
      {"{ modules = [\"m\"], signer = \"s\" }",
       "29: error: 'signer' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = [\"m\"], signer = [\"s\", \"a/b\"] }", "35: error: " + signers},
      {"{ modules = [\"m\"], signer = [\".s\"] }", "30: error: " + signers},
      {"{ modules = [\"m\"], signer = [\"a b\"] }", "30: error: " + signers},
      {"{ modules = [\"m\"], signer = [\"*\"] }", "30: error: " + signers},
      {"{ modules = [\"m\"], signer = [\"" + std::string(65, 's') + "\"] }",
       "30: error: " + signers},
      {"{ modules = [\"m\"], hosts = [\"a b\"] }",
       "29: error: 'hosts' has names and globs of hosts"},
      {"{ modules = [\"m\"], hours = [\"always\"] }",
       "29: error: hours are written as \"Mon-Fri 08:00-18:00\" or \"08:00-18:00\""},
      {"{ modules = [\"m\"], hours = [\"08:00-08:00\"] }",
       "29: error: the hours are empty; the whole day is 00:00-24:00"},
      {"{ modules = [\"m\"], reason = \"[\" }",
       "29: error: 'reason': the pattern is no regular expression: missing ]: ["},
      {"{ modules = [\"m\"], reason = \"(?=a)\" }",
       "29: error: 'reason': the pattern is no regular expression: invalid perl operator: (?="},
      {"{ modules = [\"m\"], reason = \"" + std::string(1025, 'a') + "\" }",
       "29: error: 'reason': the pattern is longer than 1024 bytes"},
      {"{ modules = [\"m\"], authenticate = \"no\" }",
       "35: error: 'authenticate' is true or false"},
  }));
  CAPTURE(row.text);
  CHECK(problems_of(allow + row.text + " ]") ==
        std::vector<std::string>{"p.toml:3:" + row.problem});
}

TEST_CASE("a deny asks for nothing, and names something") {
  const Row row = GENERATE(values<Row>({
      {"{ }", "1: error: a deny names 'modules', 'tree' or 'imports'"},
      {"{ modules = [\"m\"], params = {} }", "29: error: 'params' is for allow rules only"},
      {"{ modules = [\"m\"], reason = true }", "29: error: 'reason' is for allow rules only"},
      {"{ modules = [\"m\"], authenticate = true }",
       "35: error: 'authenticate' is for allow rules only"},
      {"{ modules = [\"m\"], pam_service = \"x\" }",
       "34: error: 'pam_service' is for allow rules only"},
      {"{ modules = [\"m\"], source = \"file\", unpinned = true }",
       "1: error: 'unpinned' is for allow rules with source = \"file\""},
      {"{ imports = [\"a*\"] }", "14: error: 'imports' has names of kernel symbols"},
      {"{ imports = [] }",
       "13: error: 'imports' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]"},
      {"{ modules = [\"m\"], message = \"\" }",
       "30: error: 'message' is a string that is not empty"},
  }));
  CAPTURE(row.text);
  CHECK(problems_of("deny = [\n" + row.text + " ]") ==
        std::vector<std::string>{"p.toml:2:" + row.problem});
}

TEST_CASE("parameters in any other form are errors") {
  const std::string twice_module = "the module stands twice: '-' and '_' are the same";
  const std::string twice_name = "the parameter stands twice: '-' and '_' are the same";
  const Row row = GENERATE_COPY(values<Row>({
      {"params = 1", "5:10: error: 'params' is a table"},
      {"params.m = \"any\"",
       "5:12: error: the parameters of a module are \"none\" or a table of 1 to 1024 names"},
      {"params.m = {}",
       "5:12: error: the parameters of a module are \"none\" or a table of 1 to 1024 names"},
      {"params.m.n = 1", "5:14: error: " + kValues},
      {"params.m.n = {}", "5:14: error: " + kValues},
      {"params.m.n = { int = [0, 1], enum = [\"a\"] }", "5:14: error: " + kValues},
      {"params.m.n = { bool = true }",
       "5:16: error: unknown key 'bool' in the values of a parameter"},
      {"params.m.n = { enmu = [\"a\"] }",
       "5:16: error: unknown key 'enmu' in the values of a parameter; did you mean 'enum'?"},
      {"params.m.n = { int = 5 }",
       "5:22: error: 'int' is the least and the greatest value: [0, 64]"},
      {"params.m.n = { int = [1] }",
       "5:22: error: 'int' is the least and the greatest value: [0, 64]"},
      {"params.m.n = { int = [2, 1] }",
       "5:22: error: 'int' is the least and the greatest value: [0, 64]"},
      {"params.m.n = { int = [0, 1.5] }",
       "5:22: error: 'int' is the least and the greatest value: [0, 64]"},
      {"params.m.n = { enum = [] }",
       "5:23: error: 'enum' is a list of strings without white space, quotes and control "
       "characters"},
      {"params.m.n = { enum = [\"a b\"] }",
       "5:23: error: 'enum' is a list of strings without white space, quotes and control "
       "characters"},
      {"params.m.n = { match = \"(\" }",
       "5:14: error: 'match': the pattern is no regular expression: missing ): ("},
      {"params.m.n = { match = 1 }", "5:24: error: 'match' is a string that is not empty"},
      {"params.\"m.ko\".n = { int = [0, 1] }",
       "5:8: error: the name of a module is of A-Z a-z 0-9 _ -"},
      {"params.m.\"n*\" = { int = [0, 1] }",
       "5:10: error: the name of a parameter is of A-Z a-z 0-9 _ -"},
      {"params.m_-.n = { int = [0, 1] }\nparams.m__.n = { int = [0, 1] }",
       "6:8: error: " + twice_module},
      {"params.m.a-b = { int = [0, 1] }\nparams.m.a_b = { int = [0, 1] }",
       "6:10: error: " + twice_name},
  }));
  CAPTURE(row.text);
  CHECK(problems_of("[role.a]\nmembers = [\"a\"]\n[[role.a.allow]]\nmodules = [\"m*\"]\n" +
                    row.text) == std::vector<std::string>{"p.toml:" + row.problem});
}

TEST_CASE("all that is wrong is told, in the order of the lines") {
  CHECK(problems_of("[role.z]\nmembers = [\"#x\"]\n"
                    "[[role.z.allow]]\nmodules = [\"m\"]\nactions = [\"x\"]\nfoo = 1\n"
                    "[role.a]\nmembers = [\"%\"]\n"
                    "[[deny]]\nimports = []\n"
                    "[defaults]\nreason = 1\n") ==
        std::vector<std::string>{
            "p.toml:2:12: error: a member \"#uid\" has a number after the '#'",
            "p.toml:5:12: error: an action is \"load\", \"unload\" or \"unload-own\"",
            "p.toml:6:1: error: unknown key 'foo' in an allow rule",
            "p.toml:8:12: error: a member is a user, a \"%group\" or a \"#uid\"",
            "p.toml:10:11: error: 'imports' is a list of 1 to 1024 strings, such as [\"a\", \"b\"]",
            "p.toml:12:10: error: 'reason' is true, false or a pattern"});
}

TEST_CASE("what is no TOML is one error, where it is") {
  const std::string text = GENERATE(values<std::string>(
      {"[defaults]\nticket = 5m\n", "[defaults]\nticket = \"5m\n", "[[deny]]\n[[deny\n",
       "a = 1\na = 2\n", "[a]\n[a]\n", "a = 1\nb = \"\xff\"\n", "a = 1\nb = \"\x01\"\n"}));
  CAPTURE(text);
  const ParsedPolicy parsed = parse_policy({{"p.toml", text}});
  CHECK_FALSE(parsed.policy);
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems.front().is_error);
  CHECK(parsed.problems.front().file == "p.toml");
  CHECK(parsed.problems.front().line == 2);
  CHECK(parsed.problems.front().column > 0);
  CHECK_FALSE(parsed.problems.front().message.empty());
}
