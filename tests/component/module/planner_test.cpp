// SPDX-License-Identifier: Apache-2.0
#include "gate/module/planner.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.h"
#include "component/module/fixture_tree.h"

using namespace modgate;
using modgate::test::FixtureTree;
using modgate::test::ModuleFile;

namespace {

namespace fs = std::filesystem;

/// A module that exports its own name and needs those of others.
ModuleFile module(const std::string& name, const std::vector<std::string>& needs = {},
                  const std::vector<std::string>& more = {}) {
  ModuleFile file(name);
  file.imports.clear();
  for (const std::string& need : needs) file.imports.push_back("from_" + need);
  file.exports = {"from_" + name};
  for (const std::string& entry : more) file.modinfo.push_back(entry);
  return file;
}

/// top needs middle needs base; net-dash has a dash in its file's name; one and two share an alias.
void fill(const FixtureTree& tree) {
  tree.add("kernel/base.ko", module("base"));
  tree.add("kernel/lib/middle.ko", module("middle", {"base"}));
  tree.add("kernel/drivers/top.ko", module("top", {"middle", "base"}));
  tree.add("kernel/net-dash.ko", module("net_dash", {"base"}, {"alias=net-pf-99"}));
  tree.add("extra/one.ko", module("one", {"base"}, {"alias=pci:v1d*", "alias=only-one"}));
  tree.add("extra/two.ko", module("two", {"middle"}, {"alias=pci:v1d*"}));
  tree.add("kernel/soft.ko", module("soft", {"base"}, {"softdep=pre: two post: one"}));
  tree.add("kernel/softest.ko", module("softest", {"top"}, {"softdep=pre: soft absent"}));
  std::ofstream(tree.tree() + "/modules.builtin") << "kernel/grown.ko\n";
  std::ofstream(tree.tree() + "/modules.order") << "kernel/base.ko\n";
}

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> list;
  for (const PlannedModule& one : plan.modules) list.push_back(one.name);
  return list;
}

const PlannedModule& find(const Plan& plan, const std::string& name) {
  for (const PlannedModule& one : plan.modules) {
    if (one.name == name) return one;
  }
  throw std::runtime_error("not planned: " + name);
}

/// A plan in modprobe's words.
std::vector<std::string> as_modprobe_says(const Plan& plan) {
  std::vector<std::string> lines;
  for (const PlannedModule& one : plan.modules) {
    lines.push_back(one.state == ModuleState::builtin ? "builtin " + one.name
                                                      : "insmod " + one.path + ' ' + one.options);
  }
  return lines;
}

/// modprobe's words without doubles: the same module may come by its name and by an alias.
std::vector<std::string> lines_once(const std::string& output) {
  std::vector<std::string> lines;
  std::set<std::string> seen;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) {
    while (line.ends_with(' ')) line.pop_back();
    if (line.starts_with("insmod ") && line.find(' ', 7) == std::string::npos) line += ' ';
    std::istringstream words(line);
    std::string verb;
    std::string path;
    words >> verb >> path;
    if (seen.insert(path).second) lines.push_back(line);
  }
  return lines;
}

using Names = std::vector<std::string>;

#define MODGATE_NEED_DEPMOD(tree)                                               \
  if (!(tree).index()) {                                                        \
    WARN("SKIPPED: there is no depmod (package kmod), so no tree can be made"); \
    return;                                                                     \
  }

}  // namespace

TEST_CASE("a plan has the dependencies first, and says why each is there") {
  const FixtureTree tree;
  fill(tree);
  MODGATE_NEED_DEPMOD(tree);
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("top", {{"mode", "1"}});
  REQUIRE(plan);
  CHECK(plan->action == Action::load);
  CHECK(plan->asked == "top");
  CHECK(names(*plan) == Names{"base", "middle", "top"});
  CHECK(find(*plan, "base").why == Why::dependency);
  CHECK(find(*plan, "middle").why == Why::dependency);
  CHECK(find(*plan, "top").why == Why::asked);
  CHECK(find(*plan, "top").place == "kernel/drivers/top");
  CHECK(find(*plan, "top").path == tree.tree() + "/kernel/drivers/top.ko");
  CHECK(find(*plan, "top").state == ModuleState::fresh);
  CHECK(find(*plan, "top").parameters == std::vector<Parameter>{{"mode", "1"}});
  CHECK(find(*plan, "base").parameters.empty());
  CHECK(plan->warnings.empty());
  REQUIRE(plan->driver() != nullptr);
  CHECK(plan->driver()->name == "top");
}

TEST_CASE("soft dependencies come in modprobe's order and may fail", "[KMOD-SOFTDEPS]") {
  const FixtureTree tree;
  fill(tree);
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  auto plan = planner.plan_load("soft", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "middle", "two", "soft", "one"});
  CHECK(find(*plan, "base").why == Why::dependency);
  CHECK(find(*plan, "middle").why == Why::soft);
  CHECK(find(*plan, "two").why == Why::soft);
  CHECK(find(*plan, "one").why == Why::soft);
  CHECK(plan->driver()->name == "soft");

  plan = planner.plan_load("softest", {});
  REQUIRE(plan);
  CHECK(find(*plan, "middle").why == Why::dependency);
  CHECK(plan->warnings == Names{"the soft dependency absent is missing"});

  fs::remove(tree.tree() + "/extra/one.ko");
  plan = planner.plan_load("soft", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "middle", "two", "soft"});
  CHECK(plan->warnings == Names{"the soft dependency one is missing"});
  fs::remove(tree.tree() + "/kernel/soft.ko");
  plan = planner.plan_load("soft", {});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().outcome == Outcome::failed);
}

TEST_CASE("every name of the fixture is planned as modprobe plans it") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("10.conf",
                 "options top mode=3 label=\"a b\"\noptions base x=1\nsoftdep two pre: only-one\n"
                 "alias by-conf net_dash\nalias pair one\nalias pair two\noptions pair y=2\n");
  MODGATE_NEED_DEPMOD(tree);
  if (tree.show_depends("base").status != 0) {
    WARN("SKIPPED: there is no modprobe (package kmod) to compare with");
    return;
  }
  const Planner planner(tree.tree(), tree.config());
  for (const char* asked :
       {"base", "middle", "top", "net_dash", "net-dash", "one", "two", "soft", "softest", "grown",
        "net-pf-99", "pci:v1d2", "only-one", "only_one", "by-conf", "by_conf", "pair"}) {
    INFO(asked);
    const auto plan = planner.plan_load(asked, {});
    const auto modprobe = tree.show_depends(asked);
    REQUIRE(plan);
    REQUIRE(modprobe.status == 0);
    CHECK(as_modprobe_says(*plan) == lines_once(modprobe.output));
  }
}

TEST_CASE("a builtin module has no file and is not loaded") {
  const FixtureTree tree;
  fill(tree);
  MODGATE_NEED_DEPMOD(tree);
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("grown", {{"a", "1"}});
  REQUIRE(plan);
  REQUIRE(names(*plan) == Names{"grown"});
  CHECK(plan->modules[0].state == ModuleState::builtin);
  CHECK(plan->modules[0].path.empty());
  CHECK(plan->modules[0].place.empty());
  CHECK_FALSE(plan->changes_anything());
  CHECK(plan->warnings.size() == 1);
}

TEST_CASE("of a module that is there nothing else comes along, as with modprobe") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "softdep grown pre: two\nalias both grown\nalias both net_dash\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  auto plan = planner.plan_load("grown", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"grown"});
  plan = planner.plan_load("both", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"grown", "base", "net_dash"});
}

TEST_CASE("aliases and dashes lead to canonical names") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "alias harmless top\nalias two-of-them one\nalias two-of-them two\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  for (const char* asked : {"net-dash", "net_dash", "net-pf-99"}) {
    const auto plan = planner.plan_load(asked, {});
    REQUIRE(plan);
    CHECK(plan->asked == asked);
    CHECK(names(*plan) == Names{"base", "net_dash"});
  }
  auto plan = planner.plan_load("harmless", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "middle", "top"});
  CHECK(find(*plan, "top").why == Why::asked);

  plan = planner.plan_load("two-of-them", {{"m", "1"}});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "one", "middle", "two"});
  for (const char* name : {"one", "two"}) {
    CHECK(find(*plan, name).why == Why::asked);
    CHECK(find(*plan, name).parameters.size() == 1);
  }
  CHECK(find(*plan, "middle").why == Why::dependency);
}

TEST_CASE("a blacklist stops aliases and not names") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "blacklist one\nblacklist net-dash\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  auto plan = planner.plan_load("one", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "one"});
  plan = planner.plan_load("only-one", {});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().outcome == Outcome::failed);
  CHECK_FALSE(planner.plan_load("net-pf-99", {}));
  plan = planner.plan_load("pci:v1d2", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"base", "middle", "two"});
  CHECK(plan->warnings == Names{"one is blacklisted in modprobe.d and left out"});
}

TEST_CASE("an install line is named and never run, on a module and on its dependency",
          "[KMOD-INSTALL][KMOD-HARD-DEP-INSTALL]") {
  const FixtureTree tree;
  fill(tree);
  const std::string trap = tree.root() + "/trap";
  tree.configure("a.conf", "# first\ninstall base /usr/bin/touch " + trap + "\n");
  tree.configure("b.conf", "install t* /usr/bin/touch " + trap + " $CMDLINE_OPTS\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  const std::string a = tree.config() + "/a.conf:2";
  const std::string b = tree.config() + "/b.conf:1";
  auto plan = planner.plan_load("top", {{"a", "1; /usr/bin/touch " + trap}});
  REQUIRE(plan);
  CHECK(find(*plan, "top").command == b);
  CHECK(find(*plan, "base").command == a);
  CHECK(find(*plan, "middle").command.empty());
  plan = planner.plan_load("base", {});
  REQUIRE(plan);
  CHECK(plan->modules[0].command == a);
  // A module that is only its install line.
  plan = planner.plan_load("t*", {});
  REQUIRE_FALSE(plan);
  tree.configure("c.conf", "install nothing-else /usr/bin/touch " + trap + "\n");
  plan = planner.plan_load("nothing-else", {});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"nothing_else"});
  CHECK(plan->modules[0].command == tree.config() + "/c.conf:1");
  CHECK_FALSE(fs::exists(trap));
}

TEST_CASE("an install line in the tree's own modules.softdep counts too") {
  const FixtureTree tree;
  fill(tree);
  MODGATE_NEED_DEPMOD(tree);
  const std::string trap = tree.root() + "/trap";
  std::ofstream(tree.tree() + "/modules.softdep", std::ios::app)
      << "install middle /usr/bin/touch " << trap << "\n";
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("top", {});
  REQUIRE(plan);
  CHECK(find(*plan, "middle").command.starts_with(tree.tree() + "/modules.softdep:"));
  CHECK_FALSE(fs::exists(trap));
}

TEST_CASE("a soft dependency takes the place of an install line, as in modprobe",
          "[KMOD-SOFTDEPS]") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "install soft /bin/false\n");
  MODGATE_NEED_DEPMOD(tree);
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("soft", {});
  REQUIRE(plan);
  CHECK(find(*plan, "soft").command.empty());
}

TEST_CASE("the administrator's options stand apart from the caller's parameters") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "options top mode=3\noptions base x=1 y=2\n");
  MODGATE_NEED_DEPMOD(tree);
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("top", {{"label", "x"}});
  REQUIRE(plan);
  CHECK(find(*plan, "top").options == "mode=3");
  CHECK(find(*plan, "top").kernel_parameters() == "mode=3 label=x");
  CHECK(find(*plan, "base").kernel_parameters() == "x=1 y=2");
  CHECK(find(*plan, "middle").kernel_parameters().empty());
}

TEST_CASE("what nothing answers to is no such module; what is no name is not looked up") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf", "alias to-nowhere no_such\nalias odd ../../etc/passwd\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  for (const char* asked : {"no_such", "to-nowhere", "odd", "top.evil", "net-pf-98"}) {
    INFO(asked);
    const auto plan = planner.plan_load(asked, {});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().outcome == Outcome::failed);
    const auto unload = planner.plan_unload({asked});
    REQUIRE_FALSE(unload);
    CHECK(unload.error().outcome == Outcome::failed);
  }
  for (const std::string& asked :
       {std::string(), std::string("a b"), std::string("/etc/passwd"), std::string("a[b]"),
        std::string("a\nb"), std::string(2000, 'a')}) {
    const auto plan = planner.plan_load(asked, {});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().outcome == Outcome::usage);
    CHECK_FALSE(planner.plan_unload({asked}));
  }
  CHECK_FALSE(planner.plan_unload({}));
}

TEST_CASE("loops of soft dependencies end") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf",
                 "softdep base pre: top post: top\nsoftdep top pre: soft base post: base\n");
  MODGATE_NEED_DEPMOD(tree);
  const auto plan = Planner(tree.tree(), tree.config()).plan_load("top", {});
  REQUIRE(plan);
  CHECK(find(*plan, "top").why == Why::asked);
  CHECK(find(*plan, "base").why == Why::dependency);
}

TEST_CASE("a plan has a largest size") {
  const FixtureTree tree;
  std::string chain = "softdep first pre:";
  tree.add("kernel/first.ko", module("first"));
  for (std::size_t at = 1; at < Limits::plan_modules; ++at) {
    const std::string name = "m" + std::to_string(at);
    tree.add("kernel/" + name + ".ko", module(name));
    chain += ' ' + name;
  }
  tree.configure("a.conf", chain + "\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  auto plan = planner.plan_load("first", {});
  REQUIRE(plan);
  CHECK(plan->modules.size() == Limits::plan_modules);
  tree.add("kernel/last.ko", module("last"));
  tree.configure("a.conf", chain + " last\n");
  REQUIRE(tree.index());
  plan = planner.plan_load("first", {});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().outcome == Outcome::failed);
}

TEST_CASE("unloading names exactly what was asked for") {
  const FixtureTree tree;
  fill(tree);
  tree.configure("a.conf",
                 "remove one /usr/bin/touch " + tree.root() + "/trap\nalias old-top top\n");
  MODGATE_NEED_DEPMOD(tree);
  const Planner planner(tree.tree(), tree.config());
  auto plan = planner.plan_unload({"net-dash", "top", "net_dash"});
  REQUIRE(plan);
  CHECK(plan->action == Action::unload);
  CHECK(plan->asked == "net-dash top net_dash");
  CHECK(names(*plan) == Names{"net_dash", "top"});
  CHECK(plan->modules[0].state == ModuleState::fresh);
  CHECK(plan->modules[0].place == "kernel/net-dash");
  CHECK(plan->modules[0].command.empty());

  plan = planner.plan_unload({"one"});
  REQUIRE(plan);
  CHECK(plan->modules[0].command == tree.config() + "/a.conf:1");
  plan = planner.plan_unload({"old-top"});
  REQUIRE(plan);
  CHECK(names(*plan) == Names{"top"});
  plan = planner.plan_unload({"grown"});
  REQUIRE(plan);
  CHECK(plan->modules[0].state == ModuleState::builtin);
  CHECK_FALSE(planner.plan_unload({"top", "no_such"}));
  CHECK_FALSE(fs::exists(tree.root() + "/trap"));
}

TEST_CASE("every module of a real tree is planned as modprobe plans it") {
  const char* real = std::getenv("MODGATE_TEST_MODULES");
  if (real == nullptr) {
    WARN("SKIPPED: MODGATE_TEST_MODULES does not name a tree such as ROOT/lib/modules/RELEASE");
    return;
  }
  const fs::path tree(real);
  const std::string root = tree.parent_path().parent_path().parent_path();
  const std::string release = tree.filename();
  const FixtureTree empty;
  std::ifstream index(tree / "modules.dep");
  std::size_t count = 0;
  for (std::string line; std::getline(index, line); ++count) {
    fs::path file = line.substr(0, line.find(':'));
    while (file.has_extension()) file = file.stem();
    const std::string asked = file.filename();
    const auto modprobe = test::run_program({"/sbin/modprobe", "-C", empty.config(), "-d", root,
                                             "-S", release, "--show-depends", asked});
    const auto plan = Planner(real, empty.config()).plan_load(asked, {});
    INFO(asked);
    REQUIRE(modprobe.status == 0);
    REQUIRE(plan);
    CHECK(as_modprobe_says(*plan) == lines_once(modprobe.output));
  }
  WARN("compared " << count << " modules of " << real);
  CHECK(count > 0);
}
