// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/decision_diff.h"

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

using Lines = std::vector<std::string>;

const std::vector<TreeModule> kTree = {{"dummy", "kernel/drivers/net/dummy"},
                                       {"veth", "kernel/drivers/net/veth"},
                                       {"usb_storage", "kernel/drivers/usb/storage/usb-storage"},
                                       {"ext4", ""}};

Lines diff(const std::string& before, const std::string& after,
           const std::vector<TreeModule>& modules = kTree) {
  return decision_diff(policy_of(before), policy_of(after), modules, some_noon());
}

std::string role(const std::string& members, const std::string& rules) {
  return "[role.dev]\nmembers = [" + members + "]\n" + rules;
}

std::string allow(const std::string& keys) { return "[[role.dev.allow]]\n" + keys + "\n"; }

}  // namespace

TEST_CASE("decision diff: nothing, where no decision changes") {
  const std::string policy = role("\"alice\"", allow("modules = [\"dummy\"]"));
  CHECK(diff("", "").empty());
  CHECK(diff(policy, policy).empty());
  CHECK(diff(policy, "# a remark\n" + policy).empty());
  CHECK(diff(policy, role("\"alice\"", allow("tree = [\"kernel/drivers/net/dum*\"]"))).empty());
  // For no module that there is.
  CHECK(diff(policy, policy + allow("modules = [\"nothing\"]")).empty());
  // What is built in needs no rule.
  CHECK(diff(policy, policy + allow("modules = [\"ext4\"]")).empty());
  CHECK(diff(policy, policy + allow("modules = [\"veth\"]\nhosts = [\"x\"]")).empty());
  CHECK(diff(policy, policy + allow("modules = [\"veth\"]\nsource = \"file\"\nunpinned = true"))
            .empty());
}

TEST_CASE("decision diff: who gains and who loses a load or an unload") {
  const std::string one = role("\"alice\"", allow("modules = [\"dummy\"]"));
  const std::string both = role("\"alice\", \"%netdev\"", allow("modules = [\"dummy\", \"veth\"]"));
  CHECK(diff(one, both) == Lines{"%netdev gains: load dummy, veth", "alice gains: load veth"});
  CHECK(diff(both, one) == Lines{"%netdev loses: load dummy, veth", "alice loses: load veth"});
  CHECK(diff("", role("\"#1007\"", allow("modules = [\"dummy\"]"))) ==
        Lines{"#1007 gains: load dummy"});
  CHECK(diff(one, one + "[[deny]]\nmodules = [\"*\"]\n") == Lines{"alice loses: load dummy"});
  CHECK(diff(one, role("\"alice\"", allow("modules = [\"veth\"]"))) ==
        Lines{"alice gains: load veth", "alice loses: load dummy"});
  CHECK(diff(one, role("\"alice\"", allow("modules = [\"dummy\"]\nactions = [\"unload\"]"))) ==
        Lines{"alice loses: load dummy", "alice gains: unload dummy"});
}

TEST_CASE("decision diff: to unload all is to unload one's own") {
  const std::string none = role("\"alice\"", allow("modules = [\"dummy\"]"));
  const std::string own =
      role("\"alice\"", allow("modules = [\"dummy\"]\nactions = [\"load\", \"unload-own\"]"));
  const std::string all =
      role("\"alice\"", allow("modules = [\"dummy\"]\nactions = [\"load\", \"unload\"]"));
  CHECK(diff(none, own) == Lines{"alice gains: unload what was its own load: dummy"});
  CHECK(diff(own, none) == Lines{"alice loses: unload what was its own load: dummy"});
  CHECK(diff(none, all) == Lines{"alice gains: unload dummy"});
  CHECK(diff(own, all) == Lines{"alice gains: unload dummy"});
  CHECK(diff(all, own) == Lines{"alice loses: unload dummy"});
}

TEST_CASE("decision diff: a long list of modules is cut") {
  std::vector<TreeModule> many;
  for (int number = 10; number < 30; ++number) {
    many.push_back({"m" + std::to_string(number), "kernel/m" + std::to_string(number)});
  }
  CHECK(diff("", role("\"alice\"", allow("modules = [\"m*\"]")), many) ==
        Lines{"alice gains: load m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21 and 8 "
              "more"});
}
