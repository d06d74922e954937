// SPDX-License-Identifier: Apache-2.0
// Every key of a rule: what makes it hold, beside what makes it not hold.
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

struct Row {
  std::string keys;
  Plan plan;
  bool holds;
};

PlannedModule in_place(const std::string& name, const std::string& place) {
  PlannedModule module = fresh(name);
  module.place = place;
  return module;
}

PlannedModule own(PlannedModule module) {
  module.own = true;
  return module;
}

PlannedModule importing(const std::string& symbol) {
  PlannedModule module = inspected(fresh("m"));
  module.facts.imports = {symbol};
  return module;
}

const std::string kAb(64, 'a');

/// A digest all of whose bytes are 0xab.
std::string ab_digest() {
  std::string text;
  for (int byte = 0; byte < 32; ++byte) text += byte % 2 == 0 ? "ab" : "AB";
  return text;
}

}  // namespace

TEST_CASE("a rule is about the modules that it names") {
  const Row row = GENERATE(values<Row>({
      {"modules = [\"dummy\"]", load_of({fresh("dummy")}), true},
      {"modules = [\"dummy\"]", load_of({fresh("dummy2")}), false},
      {"modules = [\"a\", \"b\"]", load_of({fresh("b")}), true},
      {"modules = [\"a\", \"b\"]", load_of({fresh("c")}), false},
      {"modules = [\"usb-*\"]", load_of({fresh("usb_storage")}), true},
      {"modules = [\"usb_*\"]", load_of({fresh("usb_storage")}), true},
      {"modules = [\"usb-*\"]", load_of({fresh("usbcore")}), false},
      {"modules = [\"nf-tables\"]", load_of({fresh("nf_tables")}), true},
      {"tree = [\"kernel/net/**\"]", load_of({in_place("a", "kernel/net/ipv4/a")}), true},
      {"tree = [\"kernel/net/**\"]", load_of({in_place("a", "kernel/fs/a")}), false},
      {"tree = [\"kernel/net/*\"]", load_of({in_place("a", "kernel/net/ipv4/a")}), false},
      {"tree = [\"kernel/fs/**\", \"kernel/net/*\"]", load_of({in_place("a", "kernel/net/a")}),
       true},
      {"tree = [\"**\"]", load_of({in_place("a", "kernel/net/a")}), true},
      {"tree = [\"**\"]", load_of({in_place("a", "")}), false},
      {"modules = [\"a\"]\ntree = [\"kernel/net/*\"]", load_of({in_place("a", "kernel/net/a")}),
       true},
      {"modules = [\"b\"]\ntree = [\"kernel/net/*\"]", load_of({in_place("a", "kernel/net/a")}),
       false},
      {"modules = [\"a\"]\ntree = [\"kernel/fs/*\"]", load_of({in_place("a", "kernel/net/a")}),
       false},
  }));
  CAPTURE(row.keys, row.plan.modules.front().name);
  CHECK(allows(allow_rule(row.keys), row.plan) == row.holds);
  CHECK(allows(deny_rule(row.keys), row.plan) == !row.holds);
}

TEST_CASE("an allow is for loading unless it says more") {
  const Row row = GENERATE(values<Row>({
      {"", load_of({fresh("m")}), true},
      {"", unload_of({own(fresh("m"))}), false},
      {"actions = [\"load\"]", unload_of({own(fresh("m"))}), false},
      {"actions = [\"unload\"]", load_of({fresh("m")}), false},
      {"actions = [\"unload\"]", unload_of({fresh("m")}), true},
      {"actions = [\"unload\"]", unload_of({own(fresh("m"))}), true},
      {"actions = [\"unload-own\"]", unload_of({fresh("m")}), false},
      {"actions = [\"unload-own\"]", unload_of({own(fresh("m"))}), true},
      {"actions = [\"unload-own\"]", load_of({own(fresh("m"))}), false},
      {"actions = [\"load\", \"unload-own\"]", load_of({fresh("m")}), true},
      {"actions = [\"load\", \"unload-own\"]", unload_of({fresh("m")}), false},
  }));
  CAPTURE(row.keys);
  CHECK(allows(allow_rule("modules = [\"m\"]\n" + row.keys), row.plan) == row.holds);
}

TEST_CASE("a deny is for every action unless it says less") {
  const Row row = GENERATE(values<Row>({
      {"", load_of({fresh("m")}), true},
      {"", unload_of({fresh("m")}), true},
      {"actions = [\"load\"]", load_of({fresh("m")}), true},
      {"actions = [\"load\"]", unload_of({fresh("m")}), false},
      {"actions = [\"unload\"]", load_of({fresh("m")}), false},
      {"actions = [\"unload\"]", unload_of({fresh("m")}), true},
      {"actions = [\"unload-own\"]", unload_of({fresh("m")}), false},
      {"actions = [\"unload-own\"]", unload_of({own(fresh("m"))}), true},
  }));
  CAPTURE(row.keys);
  CHECK(allows(deny_rule("modules = [\"m\"]\n" + row.keys), row.plan) == !row.holds);
}

TEST_CASE("an allow is for the kernel's tree or for files, a deny for both unless it says so") {
  const std::string name = "modules = [\"m\"]\n";
  const Plan from_tree = load_of({fresh("m")});
  const Plan from_file = load_of({handed_over("m")});
  const std::string tree = name + "source = \"tree\"\n";
  const std::string file = name + "source = \"file\"\n";
  CHECK(allows(allow_rule(name), from_tree));
  CHECK_FALSE(allows(allow_rule(name), from_file));
  CHECK(allows(allow_rule(tree), from_tree));
  CHECK_FALSE(allows(allow_rule(tree), from_file));
  CHECK(allows(allow_rule(file + "unpinned = true\n"), from_file));
  CHECK_FALSE(allows(allow_rule(file + "unpinned = true\n"), from_tree));
  CHECK_FALSE(allows(deny_rule(name), from_tree));
  CHECK_FALSE(allows(deny_rule(name), from_file));
  CHECK_FALSE(allows(deny_rule(tree), from_tree));
  CHECK(allows(deny_rule(tree), from_file));
  CHECK(allows(deny_rule(file), from_tree));
  CHECK_FALSE(allows(deny_rule(file), from_file));
}

TEST_CASE("a file that is handed over has no place in the tree, whatever it claims") {
  PlannedModule module = handed_over("m");
  module.place = "kernel/net/m";
  CHECK(allows(deny_rule("tree = [\"kernel/net/*\"]"), load_of({module})));
  module.handed_over = false;
  CHECK_FALSE(allows(deny_rule("tree = [\"kernel/net/*\"]"), load_of({module})));
  CHECK_FALSE(allows(allow_rule("tree = [\"**\"]"), load_of({handed_over("m")})));
}

TEST_CASE("the source of a rule says nothing about an unload: what is loaded has none") {
  const std::string file =
      "modules = [\"m\"]\nsource = \"file\"\nunpinned = true\nactions = [\"load\", \"unload\"]\n";
  CHECK(allows(allow_rule(file), unload_of({fresh("m")})));
  CHECK_FALSE(allows(allow_rule(file), unload_of({fresh("other")})));
  CHECK_FALSE(allows(deny_rule("modules = [\"m\"]\nsource = \"file\""), unload_of({fresh("m")})));
}

TEST_CASE("a pin holds until the bytes are known, and then only for its bytes") {
  const std::string keys = "modules = [\"m\"]\nsha256 = [\"" + kAb + "\", \"" + ab_digest() + "\"]";
  const Policy policy = allow_rule(keys);
  CHECK(allows(policy, load_of({fresh("m")})));
  CHECK(allows(policy, load_of({inspected(fresh("m"), 0xab)})));
  CHECK(allows(policy, load_of({inspected(fresh("m"), 0xaa)})));
  const Decision decision =
      decide(policy, alice(), load_of({inspected(fresh("m"), 0xac)}), some_noon());
  CHECK_FALSE(is_allowed(decision.verdict));
  CHECK(decision.refusal == Outcome::rejected);
  CHECK(decision.rule.text() == "p.toml:3");
  CHECK(decision.explanation == "the bytes of m have none of the digests that the rule names");
}

TEST_CASE("where more than the pin fails it is a denial") {
  const std::string pin = "modules = [\"m\"]\nsha256 = [\"" + kAb + "\"]\n";
  const PlannedModule other_bytes = inspected(fresh("m"), 0xac);
  const auto refusal = [](const Policy& policy, const PlannedModule& module) {
    const Decision decision = decide(policy, alice(), load_of({module}), some_noon());
    CHECK_FALSE(is_allowed(decision.verdict));
    return decision.refusal;
  };
  CHECK(refusal(allow_rule(pin), other_bytes) == Outcome::rejected);
  CHECK(refusal(allow_rule(pin), inspected(fresh("n"), 0xac)) == Outcome::denied);
  CHECK(refusal(allow_rule(pin + "hosts = [\"x\"]"), other_bytes) == Outcome::denied);
  CHECK(refusal(allow_rule(pin), inspected(with_parameter(fresh("m"), "n", "1"), 0xac)) ==
        Outcome::denied);
  CHECK(refusal(deny_rule("modules = [\"m\"]"), other_bytes) == Outcome::denied);
  // One module is rejected, another one denied: the denial counts.
  const Decision both = decide(allow_rule(pin), alice(),
                               load_of({other_bytes, inspected(fresh("n"), 0xac)}), some_noon());
  CHECK(both.refusal == Outcome::denied);
}

TEST_CASE("a rule with signers holds where one of them vouches for the module") {
  struct Row {
    std::vector<std::string> signers;
    bool holds;
  };
  const std::string keys = "modules = [\"m\"]\nsigner = [\"lab-key\", \"kernel\"]";
  const Row row = GENERATE(values<Row>({
      {{"lab-key"}, true},
      {{"kernel"}, true},
      {{"other", "kernel"}, true},
      {{}, false},
      {{"other"}, false},
      {{"lab"}, false},
      {{"lab-key2"}, false},
      {{"Lab-key"}, false},
      {{"lab_key"}, false},
      {{""}, false},
  }));
  CAPTURE(row.signers);
  const Plan plan = load_of({signed_by(row.signers)});
  const Decision decision = decide(allow_rule(keys), alice(), plan, some_noon());
  CHECK(is_allowed(decision.verdict) == row.holds);
  CHECK(decision.refusal == (row.holds ? Outcome::denied : Outcome::rejected));
  CHECK(decision.rule.text() == "p.toml:3");
  CHECK(allows(deny_rule(keys), plan) == !row.holds);
}

TEST_CASE("a module that is not inspected may meet an allow with signers, and never a deny") {
  const std::string keys = "modules = [\"m\"]\nsigner = [\"lab-key\"]";
  PlannedModule unread = signed_by({"lab-key"});
  unread.inspected = false;
  for (const Plan& plan : {load_of({unread}), load_of({fresh("m")})}) {
    CHECK(allows(allow_rule(keys), plan));
    CHECK(allows(deny_rule(keys), plan));
  }
  CHECK(allows(allow_rule(keys + "\nactions = [\"unload\"]"), unload_of({fresh("m")})));
  CHECK(allows(deny_rule(keys), unload_of({fresh("m")})));
}

TEST_CASE("a rule with signers and digests holds where both do") {
  const std::string keys = "modules = [\"m\"]\nsigner = [\"lab-key\"]\nsha256 = [\"" + kAb + "\"]";
  const auto holds = [&](const std::vector<std::string>& signers, std::uint8_t byte) {
    PlannedModule module = signed_by(signers);
    module.facts.sha256.fill(byte);
    const Decision decision = decide(allow_rule(keys), alice(), load_of({module}), some_noon());
    const bool allowed = is_allowed(decision.verdict);
    CHECK(decision.refusal == (allowed ? Outcome::denied : Outcome::rejected));
    CHECK(allows(deny_rule(keys), load_of({module})) == !allowed);
    return allowed;
  };
  CHECK(holds({"lab-key"}, 0xaa));
  CHECK_FALSE(holds({"lab-key"}, 0xab));
  CHECK_FALSE(holds({"other"}, 0xaa));
  CHECK_FALSE(holds({}, 0xab));
}

TEST_CASE("a module that is handed over is pinned by who signed it") {
  const std::string keys = "modules = [\"m\"]\nsource = \"file\"\nsigner = [\"lab-key\"]";
  PlannedModule module = signed_by({"lab-key"});
  module.handed_over = true;
  CHECK(allows(allow_rule(keys), load_of({module})));
  CHECK_FALSE(allows(deny_rule(keys), load_of({module})));
  module.facts.signers = {"kernel"};
  CHECK_FALSE(allows(allow_rule(keys), load_of({module})));
  CHECK(allows(deny_rule(keys), load_of({module})));
}

TEST_CASE("who is refused for want of a signature learns what is missing") {
  const Policy policy =
      allow_rule("modules = [\"m\"]\nsigner = [\"lab-key\", \"other\", \"kernel\"]");
  const auto told = [&](const PlannedModule& module) {
    return decide(policy, alice(), load_of({module}), some_noon()).explanation;
  };
  const std::string wanted = "the rule wants a signature by lab-key, other or kernel";
  CHECK(told(inspected(fresh("m"))) == "m is not signed, and " + wanted);
  CHECK(told(signed_by({"x", "y"})) == "m is signed by x and y, and " + wanted);
  PlannedModule forged = signed_by({});
  CHECK(told(forged) == "nobody who is trusted signed m, and " + wanted);
  forged.facts.signature = "it does not match the bytes";
  CHECK(told(forged) ==
        "nobody who is trusted signed m (it does not match the bytes), and " + wanted);
}

TEST_CASE("another rule without the pin allows what the pin does not") {
  const Policy policy = policy_of(
      "[role.dev]\nmembers = [\"alice\"]\n"
      "[[role.dev.allow]]\nmodules = [\"m\"]\nsha256 = [\"" +
      kAb +
      "\"]\nauthenticate = false\n"
      "[[role.dev.allow]]\nmodules = [\"m\"]\n");
  const auto rule = [&](std::uint8_t byte) {
    return decide(policy, alice(), load_of({inspected(fresh("m"), byte)}), some_noon()).rule.line;
  };
  CHECK(rule(0xaa) == 3);
  CHECK(rule(0xab) == 7);
}

TEST_CASE("a deny by digest or by imports needs proof") {
  const std::string by_digest = "modules = [\"m\"]\nsha256 = [\"" + kAb + "\"]";
  CHECK(allows(deny_rule(by_digest), load_of({fresh("m")})));
  CHECK(allows(deny_rule(by_digest), load_of({inspected(fresh("m"), 0xab)})));
  CHECK_FALSE(allows(deny_rule(by_digest), load_of({inspected(fresh("m"), 0xaa)})));

  const std::string by_import = "imports = [\"register_kprobe\", \"register_ftrace_function\"]";
  PlannedModule unread = importing("register_kprobe");
  unread.inspected = false;
  CHECK(allows(deny_rule(by_import), load_of({unread})));
  CHECK(allows(deny_rule(by_import), load_of({inspected(fresh("m"))})));
  CHECK(allows(deny_rule(by_import), load_of({importing("printk")})));
  CHECK_FALSE(allows(deny_rule(by_import), load_of({importing("register_kprobe")})));
  CHECK_FALSE(allows(deny_rule(by_import), load_of({importing("register_ftrace_function")})));
  CHECK_FALSE(allows(deny_rule(by_import + "\nmodules = [\"m\"]"),
                     load_of({importing("register_kprobe")})));
  CHECK(allows(deny_rule(by_import + "\nmodules = [\"n\"]"),
               load_of({importing("register_kprobe")})));
}

TEST_CASE("a deny by imports holds for what comes along, too") {
  const Policy policy = deny_rule("imports = [\"register_kprobe\"]");
  PlannedModule dependency = importing("register_kprobe");
  dependency.name = "lib";
  dependency.why = Why::dependency;
  CHECK_FALSE(allows(policy, load_of({dependency, inspected(fresh("m"))})));
  dependency.facts.imports.clear();
  CHECK(allows(policy, load_of({dependency, inspected(fresh("m"))})));
}

TEST_CASE("a rule holds on its hosts", "[CVE-2012-2337]") {
  const std::string keys = "modules = [\"m\"]\nhosts = [\"lab-*\", \"build1\"]";
  const auto on = [](const std::string& host) {
    Circumstances now = some_noon();
    now.host = host;
    return now;
  };
  const Plan plan = load_of({fresh("m")});
  for (const char* host : {"lab-1", "lab-", "build1"}) {
    CAPTURE(host);
    CHECK(allows(allow_rule(keys), plan, on(host)));
    CHECK_FALSE(allows(deny_rule(keys), plan, on(host)));
  }
  for (const char* host : {"", "lab", "xlab-1", "build12"}) {
    CAPTURE(host);
    CHECK_FALSE(allows(allow_rule(keys), plan, on(host)));
    CHECK(allows(deny_rule(keys), plan, on(host)));
  }
}

TEST_CASE("a rule holds in any of its hours") {
  const std::string keys = "modules = [\"m\"]\nhours = [\"Mon 08:00-18:00\", \"Wed 12:00-13:00\"]";
  const Plan plan = load_of({fresh("m")});
  Circumstances now = some_noon();
  CHECK(allows(allow_rule(keys), plan, now));
  CHECK_FALSE(allows(deny_rule(keys), plan, now));
  now.minute_of_day = 13 * 60;
  CHECK_FALSE(allows(allow_rule(keys), plan, now));
  CHECK(allows(deny_rule(keys), plan, now));
  now.weekday = 1;
  CHECK(allows(allow_rule(keys), plan, now));
}

TEST_CASE("all keys of a rule must hold") {
  const std::string keys =
      "modules = [\"m\"]\nhosts = [\"lab-*\"]\nhours = [\"Wed 12:00-13:00\"]\n"
      "not_before = 2026-12-01\nexpires = 2026-12-31\n";
  const auto both = [&](const Plan& plan, const Circumstances& now, bool holds) {
    CHECK(allows(allow_rule(keys), plan, now) == holds);
    CHECK(allows(deny_rule(keys), plan, now) == !holds);
  };
  const Plan plan = load_of({fresh("m")});
  both(plan, some_noon(), true);
  both(load_of({fresh("n")}), some_noon(), false);
  Circumstances elsewhere = some_noon();
  elsewhere.host = "office";
  both(plan, elsewhere, false);
  Circumstances later = some_noon();
  later.minute_of_day = 13 * 60;
  both(plan, later, false);
  Circumstances next_year = some_noon();
  next_year.local_seconds += 365 * 86400;
  both(plan, next_year, false);
  Circumstances before = some_noon();
  before.local_seconds -= 2 * 86400;
  both(plan, before, false);
}
