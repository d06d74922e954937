// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/policy/parse_witness.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

const std::string kKey =
    "audit.example.org/w1+2f48c01d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// The same public key as witnesses also publish it: of type 1, with an id that is not looked at.
const std::string kOtherType =
    "audit.example.org/w1+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

std::string witness(const std::string& name = "audit.example.org/w1",
                    const std::string& url = "https://audit.example.org/w1",
                    const std::string& key = kKey) {
  return "[[witness]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\nkey = \"" + key + "\"\n";
}

const std::string kRule = "[role.a]\nmembers = [\"alice\"]\n[[role.a.allow]]\nmodules = [\"m\"]\n";

}  // namespace

TEST_CASE("witnesses of all files are named in merged order, their keys in one form") {
  const ParsedPolicy parsed = parse_policy(
      {{"a.toml", witness("audit.example.org/w1", "https://audit.example.org/w1/", kOtherType)},
       {"b.toml", kRule}});
  REQUIRE(parsed.policy);
  REQUIRE(parsed.policy->witnesses().size() == 1);
  const Witness& one = parsed.policy->witnesses().front();
  CHECK(one.name == "audit.example.org/w1");
  CHECK(one.url == "https://audit.example.org/w1");
  CHECK(one.key == kKey);
}

TEST_CASE("a witness that is not quite one is an error") {
  struct Row {
    std::string text;
    std::string problem;
  };
  const std::vector<Row> rows = {
      {"witness = 1\n", "1:11: error: witnesses are a list: each begins with [[witness]]"},
      {"[[witness]]\nname = \"w\"\n", "1:1: error: a witness has 'name', 'url' and 'key'"},
      {witness() + "port = 1\n", "5:1: error: unknown key 'port' in a witness"},
      {witness() + witness(), "6:8: error: the witness audit.example.org/w1 is named already"},
      {witness("w1"),
       "4:7: error: the key is of the witness audit.example.org/w1: its name is 'name'"},
      {witness("audit.example.org/w1", "ftp://x"),
       "3:7: error: 'url' is where the witness answers: https://HOST/PATH or http://..."},
      {witness("audit.example.org/w1", "https:///x"),
       "3:7: error: 'url' is where the witness answers: https://HOST/PATH or http://..."},
      {witness("audit.example.org/w1", "https://a b"),
       "3:7: error: 'url' is where the witness answers: https://HOST/PATH or http://..."},
      {witness("audit.example.org/w1", "https://user@a"),
       "3:7: error: 'url' is where the witness answers: https://HOST/PATH or http://..."},
      {witness("audit.example.org/w1", "https://a", "w"),
       "4:7: error: 'key': no verifier key (name+id+key): a part is missing"},
      {witness("audit.example.org/w1", "https://a",
               "audit.example.org/w1+2f48c01e+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
       "4:7: error: 'key': no verifier key (name+id+key): its id is not that of its name and key, "
       "2f48c01d"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problems_of({{"p.toml", row.text}}) == std::vector<std::string>{"p.toml:" + row.problem});
  }
}

TEST_CASE("before-load without a witness is an error where it stands, with one it is none") {
  const std::string needs = "error: anchor = \"before-load\" needs a [[witness]]";
  const std::string by_default = "\n[defaults]\nanchor = \"before-load\"\n";
  const std::string by_rule = kRule + "anchor = \"before-load\"\n";
  CHECK(problems_of({{"p.toml", by_default + kRule}}) ==
        std::vector<std::string>{"p.toml:3:1: " + needs});
  CHECK(problems_of({{"p.toml", by_rule}}) == std::vector<std::string>{"p.toml:3:1: " + needs});
  CHECK_FALSE(parse_policy({{"p.toml", by_rule}}).policy);
  CHECK(problems_of({{"a.toml", by_default + by_rule}, {"b.toml", witness()}}).empty());
  CHECK(problems_of({{"p.toml", "[defaults]\nanchor = \"async\"\n" + kRule}}).empty());
  CHECK(problems_of({{"p.toml", kRule + "anchor = \"never\"\n"}}) ==
        std::vector<std::string>{"p.toml:5:10: error: 'anchor' is \"async\" or \"before-load\""});
  CHECK(
      problems_of({{"p.toml", witness() + "[[deny]]\nmodules = [\"m\"]\nanchor = \"async\"\n"}}) ==
      std::vector<std::string>{"p.toml:7:10: error: 'anchor' is for allow rules only"});
}

TEST_CASE("what an allow says of the anchor counts, else the default") {
  const auto anchor_of = [](const std::string& text) {
    const ParsedPolicy parsed = parse_policy({{"p.toml", witness() + text}});
    REQUIRE(parsed.policy);
    return parsed.policy->rules().front().terms->anchor;
  };
  const std::string before = "[defaults]\nanchor = \"before-load\"\n";
  CHECK_FALSE(anchor_of(kRule));
  CHECK(anchor_of(before + kRule));
  CHECK(anchor_of(kRule + "anchor = \"before-load\"\n"));
  CHECK_FALSE(anchor_of(before + kRule + "anchor = \"async\"\n"));
}

TEST_CASE("a plan asks for a witness where the rule that allows it does") {
  const ParsedPolicy parsed =
      parse_policy({{"p.toml", witness() + kRule +
                                   "anchor = \"before-load\"\n"
                                   "[[role.a.allow]]\nmodules = [\"n\"]\n"}});
  REQUIRE(parsed.policy);
  const auto asks_of = [&](const std::string& module, ModuleState state) {
    Plan plan;
    plan.action = Action::load;
    PlannedModule planned;
    planned.name = module;
    planned.place = "kernel/" + module;
    planned.state = state;
    plan.modules.push_back(planned);
    const Decision decision = decide(*parsed.policy, alice(), plan, {});
    CHECK(is_allowed(decision.verdict));
    return decision.asks.anchor;
  };
  CHECK(asks_of("m", ModuleState::fresh));
  CHECK_FALSE(asks_of("n", ModuleState::fresh));
  // Nothing is asked of the kernel, so there is nothing to be acknowledged.
  CHECK_FALSE(asks_of("m", ModuleState::loaded));
  const Listing listing = list_rules(*parsed.policy, alice(), {});
  CHECK(std::count(listing.rules[0].asks.begin(), listing.rules[0].asks.end(), "anchor") == 1);
  CHECK(std::count(listing.rules[1].asks.begin(), listing.rules[1].asks.end(), "anchor") == 0);
}
