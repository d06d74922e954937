// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

TEST_CASE("a caller sees its roles, their rules and the global denies, and nobody else's",
          "[CVE-1999-1496][CVE-2025-46717][CVE-2025-46718]") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"usb-*\"]\nactions = [\"load\", \"unload-own\"]\n"
      "hours = [\"Mon-Fri 08:00-18:00\", \"22:00-06:00\"]\nexpires = 2027-01-31\n"
      "reason = true\nsha256 = [\"" +
      std::string(64, '0') +
      "\"]\nsigner = [\"lab\"]\n"
      "[[deny]]\nsigner = [\"lab\"]\ntree = [\"kernel/net/**\"]\nmessage = \"ask\"\n"
      "[role.ops]\nmembers = [\"bob\"]\n"
      "[[role.ops.allow]]\nmodules = [\"b\"]\n"
      "[[role.ops.deny]]\nmodules = [\"c\"]\n");
  const Listing listing = list_rules(policy, alice());
  CHECK(listing.roles == std::vector<std::string>{"dev"});
  REQUIRE(listing.rules.size() == 2);

  const ListedRule& allow = listing.rules[0];
  using Words = std::vector<std::string>;
  CHECK(allow.is_allow);
  CHECK(allow.rule.text() == "p.toml:3");
  CHECK(allow.rule.role == "dev");
  CHECK(allow.actions == Words{"load", "unload-own"});
  CHECK(allow.modules == Words{"usb-*"});
  CHECK(allow.trees.empty());
  CHECK(allow.asks == Words{"authenticate", "reason", "digest", "signature"});
  CHECK(allow.expires == "2027-01-31");
  CHECK(allow.hours == "Mon-Fri 08:00-18:00, 22:00-06:00");

  const ListedRule& deny = listing.rules[1];
  CHECK_FALSE(deny.is_allow);
  CHECK(deny.rule.role.empty());
  CHECK(deny.actions == Words{"load", "unload"});
  CHECK(deny.trees == Words{"kernel/net/**"});
  CHECK(deny.asks.empty());
  CHECK(deny.message == "ask");
  CHECK(deny.expires.empty());
  CHECK(deny.hours.empty());
}

TEST_CASE("a caller without a role sees the global denies alone") {
  Caller nobody;
  nobody.user = "nobody";
  const Listing listing = list_rules(
      policy_of("[role.dev]\nmembers = [\"alice\"]\n[[role.dev.allow]]\nmodules = [\"m\"]\n"
                "[[deny]]\nmodules = [\"n\"]\n"),
      nobody);
  CHECK(listing.roles.empty());
  REQUIRE(listing.rules.size() == 1);
  CHECK_FALSE(listing.rules.front().is_allow);
}

TEST_CASE("a narrowed listing has the rules that may concern a module, and no other") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"usb-*\"]\n"
      "[[role.dev.allow]]\ntree = [\"kernel/net/**\"]\n"
      "[[deny]]\nmodules = [\"usb-storage\"]\n"
      "[[deny]]\nimports = [\"register_kprobe\"]\n");
  const auto lines_for = [&](const std::string& name, const std::string& place) {
    PlannedModule module;
    module.name = name;
    module.place = place;
    std::vector<std::uint32_t> lines;
    for (const ListedRule& rule : list_rules(policy, alice(), {module}).rules) {
      lines.push_back(rule.rule.line);
    }
    return lines;
  };
  using Lines = std::vector<std::uint32_t>;
  // A deny for symbols may concern any module: what it imports is not known yet.
  CHECK(lines_for("usb_storage", "kernel/drivers/usb-storage") == Lines{3, 7, 9});
  CHECK(lines_for("usb_other", "kernel/drivers/usb-other") == Lines{3, 9});
  CHECK(lines_for("veth", "kernel/net/veth") == Lines{5, 9});
  CHECK(lines_for("dummy", "kernel/drivers/dummy") == Lines{9});
}

TEST_CASE("an expiry is listed as it is written") {
  const auto expires = [](const std::string& date) {
    const Policy policy = allow_rule("modules = [\"m\"]\nexpires = " + date);
    return list_rules(policy, alice()).rules.front().expires;
  };
  CHECK(expires("2027-01-31") == "2027-01-31");
  CHECK(expires("2027-01-31T18:00:00") == "2027-01-31T18:00:00");
  CHECK(expires("2027-01-31T18:00:00Z") == "2027-01-31T18:00:00Z");
  CHECK(expires("2027-01-31T18:00:00+02:00") == "2027-01-31T18:00:00+02:00");
}
