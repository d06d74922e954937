// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/pin_rule.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "gate/policy/parse.h"

using namespace modgate;

namespace {

Pin sample() {
  Pin pin;
  pin.name = "my_drv";
  pin.facts.sha256.fill(0xab);
  pin.facts.vermagic = "6.1.0-test SMP mod_unload";
  pin.parameters = {{"mode", "int"}, {"label", "charp"}, {"on", "bool"}, {"odd", ""}};
  pin.kernel = "6.1.0-other SMP mod_unload";
  pin.fits = MagicMatch::differs;
  return pin;
}

ParsedPolicy parsed(const std::string& rule) {
  return parse_policy({{"test.toml", "[role.NAME]\nmembers = [\"alice\"]\n" + rule}});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The rule with the lines that begin so taken out of their comments.
std::string uncommented(const std::string& rule, const std::string& begin) {
  std::string text = rule;
  for (std::size_t at = 0; (at = text.find("# " + begin, at)) != std::string::npos;) {
    text.erase(at, 2);
  }
  return text;
}

}  // namespace

TEST_CASE("A pin is a rule for one module and one digest") {
  const ParsedPolicy policy = parsed(pin_rule(sample()));
  REQUIRE(policy.policy);
  CHECK(policy.problems.empty());
  REQUIRE(policy.policy->rules().size() == 1);
  const Rule& rule = policy.policy->rules().front();
  CHECK(rule.is_allow);
  CHECK(rule.source == ModuleSource::file);
  REQUIRE(rule.modules.size() == 1);
  CHECK(rule.modules.front().pattern() == "my_drv");
  REQUIRE(rule.details->digests.size() == 1);
  CHECK(rule.details->digests.front()->contains(sample().facts.sha256));
  Digest other = sample().facts.sha256;
  other.front() ^= 1U;
  CHECK_FALSE(rule.details->digests.front()->contains(other));
  CHECK(rule.details->parameters.empty());
}

TEST_CASE("The examples for parameters are a policy too") {
  const std::string rule = uncommented(pin_rule(sample()), "params.");
  const ParsedPolicy policy = parsed(rule);
  INFO(rule);
  REQUIRE(policy.policy);
  CHECK(policy.problems.empty());
  REQUIRE(policy.policy->rules().front().details->parameters.size() == 1);
  CHECK(policy.policy->rules().front().details->parameters.front().parameters.size() == 4);
}

TEST_CASE("A pin says who signed, and who did not") {
  Pin pin = sample();
  CHECK(has(pin_rule(pin), "# It is not signed.\n"));
  pin.facts.appended_signature = true;
  pin.facts.signature = "the key is not known";
  CHECK(has(pin_rule(pin), "its signature: the key is not known.\n"));
  CHECK_FALSE(has(pin_rule(pin), "signer = "));
  pin.facts.signers = {"kernel", "lab-key"};
  pin.facts.signature.clear();
  CHECK(has(pin_rule(pin), "\n# signer = [\"kernel\", \"lab-key\"]\n"));
  CHECK_FALSE(has(pin_rule(pin), "shows to root"));
  pin.kernel_unlisted = true;
  CHECK(has(pin_rule(pin), "shows to root"));
  CHECK(parsed(pin_rule(pin)).policy);
}

TEST_CASE("A pin says whether the module fits this kernel") {
  Pin pin = sample();
  CHECK(has(pin_rule(pin), "does not fit this kernel, \"6.1.0-other SMP mod_unload\""));
  pin.fits = MagicMatch::by_symbol_versions;
  CHECK(has(pin_rule(pin), "every symbol has the same version"));
  pin.fits = MagicMatch::same;
  CHECK(has(pin_rule(pin), "\"6.1.0-test SMP mod_unload\": fits this kernel"));
}

TEST_CASE("Nothing in a module's file leaves its comment") {
  Pin pin = sample();
  pin.facts.appended_signature = true;
  for (const std::string& hostile :
       {std::string("\n[[deny]]\nmodules = [\"*\"]"), std::string("\r\x1b[2J"),
        std::string("\x00\x7f", 2), std::string("\xff\xc2\x85"), std::string("\xe2\x80\xa8x"),
        std::string("\"]\\")}) {
    pin.facts.vermagic = hostile;
    pin.facts.signature = hostile;
    const std::string rule = pin_rule(pin);
    INFO(rule);
    const ParsedPolicy policy = parsed(rule);
    REQUIRE(policy.policy);
    CHECK(policy.policy->rules().size() == 1);
    CHECK_FALSE(nlohmann::json::parse(pin_json(pin), nullptr, false).is_discarded());
  }
}

TEST_CASE("A pin as an object tells the same") {
  Pin pin = sample();
  const auto object = nlohmann::json::parse(pin_json(pin)).at("pin");
  CHECK(object.at("name") == "my_drv");
  CHECK(object.at("sha256") == digest_hex(pin.facts.sha256));
  CHECK(object.at("signers").empty());
  CHECK(object.at("signed") == false);
  CHECK(object.at("parameters").at(0) == nlohmann::json({{"name", "mode"}, {"type", "int"}}));
  CHECK(object.at("vermagic") == "6.1.0-test SMP mod_unload");
  CHECK(object.at("fits") == "no");
  CHECK(object.at("rule") == pin_rule(pin));
}
