// SPDX-License-Identifier: Apache-2.0
// Each warning beside a case that is nearly the same and must not warn.
#include "gate/policy/lint.h"

#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

using Lines = std::vector<std::string>;

const std::string kDev = "[role.dev]\nmembers = [\"alice\"]\n";
const std::string kAllow = "[[role.dev.allow]]\n";
const std::string kOtherAllow = "[role.ops]\nmembers = [\"bob\"]\n[[role.ops.allow]]\n";

Lines warnings(const std::string& text, const LintFacts& facts = {}) {
  Lines lines;
  for (const Problem& problem : lint(policy_of(text), facts)) {
    CHECK_FALSE(problem.is_error);
    lines.push_back(problem.text());
  }
  return lines;
}

LintFacts some_tree() {
  LintFacts facts;
  facts.modules = {{"dummy", "kernel/drivers/net/dummy"},
                   {"usb_storage", "kernel/drivers/usb/storage/usb-storage"},
                   {"ext4", "kernel/fs/ext4/ext4"},
                   {"builtin", ""}};
  return facts;
}

/// Two allows of alice's; the second begins on line 6 where each has two lines of keys.
Lines for_pair(const std::string& first, const std::string& second) {
  return warnings(kDev + kAllow + first + kAllow + second);
}

}  // namespace

TEST_CASE("an allow that a deny covers allows nothing") {
  struct Row {
    std::string deny;
    std::string allow;
    bool warns;
  };
  const std::string digest = "sha256 = [\"" + std::string(64, 'a') + "\"]\n";
  const std::string m = "modules = [\"m\"]\n";
  const std::string signer = "signer = [\"a\"]\n";
  const Row row = GENERATE_COPY(values<Row>({
      {"[[deny]]\n" + m, m, true},
      {"[[deny]]\nmodules = [\"n\"]\n", m, false},
      {"[[deny]]\nmodules = [\"m*\"]\n", m, true},
      {"[[deny]]\nmodules = [\"?\"]\n", m, true},
      {"[[deny]]\nmodules = [\"a?\"]\n", "modules = [\"a*\"]\n", false},
      {"[[deny]]\nmodules = [\"a-*\"]\n", "modules = [\"a_b*\"]\n", true},
      {"[[deny]]\nmodules = [\"a-b*\"]\n", "modules = [\"a_*\"]\n", false},
      {"[[deny]]\nmodules = [\"m\", \"n\"]\n", "modules = [\"n\", \"m\"]\n", true},
      {"[[deny]]\n" + m, "modules = [\"m\", \"n\"]\n", false},
      {"[[role.dev.deny]]\n" + m, m, true},
      {"[role.ops]\nmembers = [\"bob\"]\n[[role.ops.deny]]\n" + m, m, false},
      {"[[deny]]\n" + m + "actions = [\"unload\"]\n", m, false},
      {"[[deny]]\n" + m + "actions = [\"load\"]\n", m, true},
      {"[[deny]]\n" + m + "actions = [\"load\"]\n", m + "actions = [\"load\", \"unload\"]\n",
       false},
      {"[[deny]]\n" + m, m + "actions = [\"load\", \"unload-own\"]\n", true},
      {"[[deny]]\n" + m + "source = \"file\"\n", m, false},
      {"[[deny]]\n" + m + "source = \"tree\"\n", m, true},
      {"[[deny]]\n" + m + digest, m, false},
      {"[[deny]]\n" + m + digest, m + digest, false},
      {"[[deny]]\n" + m, m + digest, true},
      {"[[deny]]\n" + m + signer, m, false},
      {"[[deny]]\n" + m + signer, m + signer, false},
      {"[[deny]]\n" + m, m + signer, true},
      {"[[deny]]\n" + m + "imports = [\"kprobe\"]\n", m, false},
      {"[[deny]]\n" + m + "hosts = [\"a\"]\n", m, false},
      {"[[deny]]\n" + m + "hosts = [\"a\", \"b*\"]\n", m + "hosts = [\"b1\", \"a\"]\n", true},
      {"[[deny]]\n" + m, m + "hosts = [\"a\"]\n", true},
      {"[[deny]]\n" + m + "hours = [\"08:00-18:00\"]\n", m, false},
      {"[[deny]]\n" + m + "hours = [\"08:00-18:00\"]\n", m + "hours = [\"08:00-18:00\"]\n", true},
      {"[[deny]]\n" + m + "hours = [\"08:00-17:59\"]\n", m + "hours = [\"08:00-18:00\"]\n", false},
      {"[[deny]]\n" + m + "expires = 2027-01-31\n", m, false},
      {"[[deny]]\n" + m + "expires = 2027-01-31\n", m + "expires = 2027-01-31\n", true},
      {"[[deny]]\n" + m + "expires = 2027-01-31\n", m + "expires = 2027-02-01\n", false},
      {"[[deny]]\n" + m + "not_before = 2027-01-31\n", m, false},
      {"[[deny]]\n" + m + "not_before = 2027-01-31\n", m + "not_before = 2027-01-31\n", true},
      {"[[deny]]\n" + m + "not_before = 2027-01-31\n", m + "not_before = 2027-01-30\n", false},
      {"[[deny]]\n" + m + "not_before = 2027-01-31\n", m + "not_before = 2027-01-31T00:00:00Z\n",
       false},
      {"[[deny]]\ntree = [\"**\"]\n", "tree = [\"kernel/net/**\"]\n", true},
      {"[[deny]]\ntree = [\"kernel/*\"]\n", "tree = [\"kernel/**\"]\n", false},
      {"[[deny]]\ntree = [\"kernel/net/**\"]\n", m, false},
      {"[[deny]]\n" + m + "tree = [\"a/*\"]\n", m + "tree = [\"a/b\"]\n", true},
  }));
  CAPTURE(row.deny, row.allow);
  const Lines lines = warnings(kDev + kAllow + row.allow + row.deny);
  CHECK(lines.size() == (row.warns ? 1U : 0U));
  if (!lines.empty()) {
    CHECK(lines.front().starts_with("p.toml:3:1: warning: the rule allows nothing: p.toml:"));
  }
}

TEST_CASE("an allow that another one of its role covers, and that asks no less, changes nothing") {
  struct Row {
    std::string covering;
    std::string covered;
    bool warns;
  };
  const std::string m = "modules = [\"m\"]\n";
  const std::string signer = "signer = [\"a\"]\n";
  const std::string trusting = "authenticate = false\n";
  const std::string digest = "sha256 = [\"" + std::string(64, 'a') + "\"]\n";
  const std::string other_digest = "sha256 = [\"" + std::string(64, 'b') + "\"]\n";
  const Row row = GENERATE_COPY(values<Row>({
      {"modules = [\"m*\"]\n", m, true},
      {"modules = [\"n*\"]\n", m, false},
      {"modules = [\"m*\"]\n" + trusting, m, true},
      {"modules = [\"m*\"]\n", m + trusting, false},
      {"modules = [\"m*\"]\n" + trusting, m + trusting, true},
      {"modules = [\"m*\"]\npam_service = \"x\"\n", m, false},
      {"modules = [\"m*\"]\npam_service = \"x\"\n", m + "pam_service = \"x\"\n", true},
      {"modules = [\"m*\"]\nreason = true\n", m, false},
      {"modules = [\"m*\"]\n", m + "reason = true\n", true},
      {"modules = [\"m*\"]\nreason = true\n", m + "reason = true\n", true},
      {"modules = [\"m*\"]\nreason = \"a\"\n", m + "reason = true\n", false},
      {"modules = [\"m*\"]\nreason = \"a\"\n", m + "reason = \"a\"\n", true},
      {"modules = [\"m*\"]\nreason = \"a\"\n", m + "reason = \"b\"\n", false},
      {"modules = [\"m*\"]\n", m + "params.m.n = { int = [0, 1] }\n", false},
      {"modules = [\"m*\"]\nparams.m.n = { int = [0, 1] }\n", m, true},
      {"modules = [\"m*\"]\n" + digest, m, false},
      {"modules = [\"m*\"]\n" + digest, m + digest, true},
      {"modules = [\"m*\"]\n" + digest, m + other_digest, false},
      {"modules = [\"m*\"]\n" + signer, m, false},
      {"modules = [\"m*\"]\n" + signer, m + signer, true},
      {"modules = [\"m*\"]\n" + signer, m + digest, false},
      {"modules = [\"m*\"]\n" + signer, m + signer + digest, true},
      {"modules = [\"m*\"]\nsigner = [\"b\", \"a\"]\n", m + signer, true},
      {"modules = [\"m*\"]\nsigner = [\"b\", \"c\"]\n", m + signer, false},
      {"modules = [\"m*\"]\nactions = [\"unload\"]\n", m + "actions = [\"unload-own\"]\n", true},
      {"modules = [\"m*\"]\nactions = [\"unload-own\"]\n", m + "actions = [\"unload\"]\n", false},
      {"modules = [\"m*\"]\nexpires = 2027-01-31\n", m, false},
  }));
  CAPTURE(row.covering, row.covered);
  const auto is_told = [](const Lines& lines) {
    return lines.size() == 1 && lines.front().find("the rule changes nothing") != std::string::npos;
  };
  const Lines after = for_pair(row.covering, row.covered);
  const Lines before = for_pair(row.covered, row.covering);
  CHECK(is_told(after) == row.warns);
  CHECK(is_told(before) == row.warns);
  CHECK(after.empty() == !row.warns);
  // What another role allows is for others.
  CHECK(warnings(kDev + kAllow + row.covered + kOtherAllow + row.covering).empty());
}

TEST_CASE("of two allows that say the same the second changes nothing") {
  CHECK(for_pair("modules = [\"a-b\"]\n", "modules = [\"a_b\"]\n") ==
        Lines{"p.toml:5:1: warning: the rule changes nothing: p.toml:3 allows all of it and asks "
              "no more"});
  CHECK(for_pair("modules = [\"a-b\"]\n", "modules = [\"a_c\"]\n").empty());
}

TEST_CASE("an expired rule, or one that ends before it begins, never holds") {
  LintFacts facts;
  facts.now = some_noon();
  const auto told = [&](const std::string& keys) {
    return warnings(kDev + kAllow + "modules = [\"m\"]\n" + keys, facts);
  };
  CHECK(told("expires = 2026-12-01\n") ==
        Lines{"p.toml:3:1: warning: the rule has expired: 2026-12-01"});
  CHECK(told("expires = 2026-12-02\n").empty());
  CHECK(told("expires = 2026-12-02T10:59:59Z\n").size() == 1);
  CHECK(told("expires = 2026-12-02T11:00:01Z\n").empty());
  CHECK(told("not_before = 2027-02-02\nexpires = 2027-02-01\n") ==
        Lines{"p.toml:3:1: warning: the rule never holds: it expires (2027-02-01) before it begins "
              "(2027-02-02)"});
  CHECK(told("not_before = 2027-02-01\nexpires = 2027-02-01\n").empty());
  CHECK(warnings(kDev + kAllow + "modules = [\"m\"]\nexpires = 2026-12-01\n").empty());
  CHECK(warnings("[[deny]]\nmodules = [\"m\"]\nexpires = 2026-12-01\n", facts).size() == 1);
}

TEST_CASE("a name or place that no module of the kernel has") {
  const auto told = [](const std::string& keys) {
    return warnings(kDev + kAllow + keys, some_tree());
  };
  CHECK(told("modules = [\"dummy\", \"usb-*\", \"builtin\"]\n").empty());
  CHECK(told("modules = [\"usb-storage\"]\n").empty());
  CHECK(told("modules = [\"dumym\"]\n") ==
        Lines{"p.toml:3:1: warning: the kernel has no module dumym; did you mean dummy?"});
  CHECK(told("modules = [\"dummy\", \"nothing-like-it\"]\n") ==
        Lines{"p.toml:3:1: warning: the kernel has no module nothing-like-it"});
  CHECK(told("modules = [\"nf_*\"]\n") ==
        Lines{"p.toml:3:1: warning: the kernel has no module nf_*"});
  CHECK(told("tree = [\"kernel/fs/**\"]\n").empty());
  CHECK(told("tree = [\"kernel/net/**\"]\n") ==
        Lines{"p.toml:3:1: warning: the kernel's tree has no module at kernel/net/**"});
  CHECK(told("modules = [\"ext4\"]\ntree = [\"kernel/fs/**\"]\n").empty());
  CHECK(told("modules = [\"ext4\"]\ntree = [\"kernel/drivers/**\"]\n") ==
        Lines{"p.toml:3:1: warning: no module of these names is at these places of the kernel's "
              "tree"});
  // What is only unloaded, or handed over, may come from elsewhere; and nothing is known here.
  CHECK(told("modules = [\"mine\"]\nactions = [\"unload\"]\n").empty());
  CHECK(
      told("modules = [\"mine\"]\nsource = \"file\"\nsha256 = [\"" + std::string(64, 'a') + "\"]\n")
          .empty());
  CHECK(warnings(kDev + kAllow + "modules = [\"dumym\"]\n").empty());
  CHECK(warnings("[[deny]]\nmodules = [\"mine\"]\n", some_tree()).empty());
  CHECK(warnings("[[deny]]\nmodules = [\"mine\"]\nsource = \"tree\"\n", some_tree()).size() == 1);
}

TEST_CASE("a member that nobody is", "[USBGuard#146]") {
  LintFacts facts;
  facts.users = {"alice"};
  facts.groups = {"netdev"};
  const auto told = [&](const std::string& members) {
    return warnings("[role.dev]\nmembers = [" + members + "]\n", facts);
  };
  CHECK(told("\"alice\", \"%netdev\", \"#4711\"").empty());
  CHECK(told("\"alice\", \"bob\"") ==
        Lines{"p.toml:2:21: warning: there is no user bob: this member of the role dev is nobody"});
  CHECK(told("\"%alice\"") == Lines{"p.toml:2:12: warning: there is no group alice: this member of "
                                    "the role dev is nobody"});
  CHECK(told("\"netdev\"").size() == 1);
  CHECK(warnings("[role.dev]\nmembers = [\"bob\", \"%wheel\"]\n").empty());
}

TEST_CASE("a signer that nobody is") {
  LintFacts facts;
  facts.signers = {"lab-key", "other"};
  const auto told = [&](const std::string& signers) {
    return warnings(kDev + kAllow + "modules = [\"m\"]\nsigner = [" + signers + "]\n", facts);
  };
  CHECK(told("\"lab-key\", \"other\", \"kernel\"").empty());
  CHECK(told("\"lab-key\", \"nobody\"") ==
        Lines{"p.toml:3:1: warning: there is no signer nobody: this pin matches nothing"});
  CHECK(told("\"lab-kye\"") == Lines{"p.toml:3:1: warning: there is no signer lab-kye: this pin "
                                     "matches nothing; did you mean lab-key?"});
  CHECK(told("\"lab-key.pem\"").front().ends_with("did you mean lab-key?"));
  CHECK(told("\"Kernel\"").front().ends_with("did you mean kernel?"));
  CHECK(warnings("[[deny]]\nmodules = [\"m\"]\nsigner = [\"nobody\"]\n", facts).size() == 1);
  CHECK(warnings(kDev + kAllow + "modules = [\"m\"]\nsigner = [\"nobody\"]\n").empty());
  facts.signers->clear();
  CHECK(told("\"kernel\"").empty());
  CHECK(told("\"lab-key\"").size() == 1);
}

TEST_CASE("a rule that is as good as root", "[OCPBUGS-97967]") {
  const auto told = [](const std::string& keys) { return warnings(kDev + kAllow + keys); };
  const std::string file = "source = \"file\"\n";
  const std::string digest = "sha256 = [\"" + std::string(64, 'a') + "\"]\n";
  CHECK(told("modules = [\"mine\"]\nunpinned = true\n" + file) ==
        Lines{"p.toml:3:1: warning: whoever may load modules that nothing pins can run any code in "
              "the kernel: the rule is as good as root"});
  CHECK(told("modules = [\"mine\"]\n" + digest + file).empty());
  CHECK(told("modules = [\"mine\"]\nunpinned = true\nactions = [\"unload\"]\n" + file).empty());
  const Lines wide = {
      "p.toml:3:1: warning: the rule allows every module of the kernel's tree, some of which are "
      "as good as root"};
  CHECK(told("modules = [\"*\"]\n") == wide);
  CHECK(told("modules = [\"dummy\", \"**\"]\n") == wide);
  CHECK(told("tree = [\"**\"]\n") == wide);
  CHECK(told("modules = [\"*\"]\ntree = [\"**\"]\n") == wide);
  CHECK(told("modules = [\"*\"]\ntree = [\"kernel/drivers/net/**\"]\n").empty());
  CHECK(told("modules = [\"d*\"]\n").empty());
  CHECK(told("modules = [\"*\"]\nactions = [\"unload\"]\n").empty());
  CHECK(told("modules = [\"*\"]\n" + digest).empty());
  CHECK(told("modules = [\"*\"]\nsigner = [\"lab\"]\n").empty());
  CHECK(told("modules = [\"*\"]\nsigner = [\"lab\", \"kernel\"]\n") == wide);
  CHECK(warnings("[[deny]]\nmodules = [\"*\"]\n").empty());
}

TEST_CASE("warnings stand in the order of files and lines, and there are at most 100") {
  LintFacts facts;
  facts.now = some_noon();
  facts.users = std::set<std::string>();
  const std::string expired = "[[deny]]\nmodules = [\"m\"]\nexpires = 2026-01-01\n";
  const Policy policy = policy_of(
      {{"z.toml", expired + "[role.a]\nmembers = [\"x\"]\n" + expired}, {"a.toml", expired}});
  Lines places;
  for (const Problem& problem : lint(policy, facts)) {
    places.push_back(problem.file + ':' + std::to_string(problem.line));
  }
  CHECK(places == Lines{"z.toml:1", "z.toml:5", "z.toml:6", "a.toml:1"});
  std::string many;
  for (int rule = 0; rule < 200; ++rule) many += expired;
  CHECK(warnings(many, facts).size() == 100);
}

TEST_CASE("what lint says is shadowed can go without a change of any verdict") {
  // Every rule beside every other one: whatever the warning names must not matter.
  const std::vector<std::string> rules = {"modules = [\"a\"]\n",
                                          "modules = [\"a*\"]\n",
                                          "modules = [\"a\", \"b\"]\n",
                                          "modules = [\"*\"]\ntree = [\"kernel/drivers/**\"]\n",
                                          "tree = [\"kernel/**\"]\n",
                                          "modules = [\"a\"]\nactions = [\"unload\"]\n",
                                          "modules = [\"a\"]\nhosts = [\"lab-*\"]\n",
                                          "modules = [\"a\"]\nexpires = 2026-12-01\n",
                                          "modules = [\"?\"]\n"};
  int shadowed = 0;
  for (const std::string& first : rules) {
    for (const std::string& second : rules) {
      for (const char* header : {"[[role.dev.allow]]\n", "[[role.dev.deny]]\n"}) {
        const Policy both = policy_of(kDev + kAllow + first + header + second);
        for (const Problem& problem : lint(both, {})) {
          if (problem.message.find("allows nothing") == std::string::npos &&
              problem.message.find("changes nothing") == std::string::npos) {
            continue;
          }
          ++shadowed;
          const Policy left =
              policy_of(kDev + (problem.line == 3 ? header + second : kAllow + first));
          for (const char* name : {"a", "b", "ab"}) {
            for (const Plan& plan : {load_of({fresh(name)}), unload_of({fresh(name)})}) {
              CAPTURE(first, header, second, name);
              CHECK(allows(both, plan) == allows(left, plan));
            }
          }
        }
      }
    }
  }
  CHECK(shadowed > 20);
}
