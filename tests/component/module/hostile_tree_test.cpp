// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "catch.h"
#include "component/module/fixture_tree.h"
#include "component/module/no_process.h"
#include "gate/module/image.h"
#include "gate/module/loader.h"
#include "gate/module/module_name.h"
#include "gate/module/planner.h"
#include "modgate/request.h"
#include "unit/module/images.h"

using namespace modgate;
using modgate::test::FixtureTree;
using modgate::test::ModuleFile;

namespace {

namespace fs = std::filesystem;

constexpr int kLongestMs = 250;

/// Without the test's own signal handlers, and without what libkmod says of lines that it ignores.
bool be_quiet() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    if (::signal(signal, SIG_DFL) == SIG_ERR) return false;
  }
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return nothing >= 0 && ::dup2(nothing, STDERR_FILENO) >= 0;
}

/// The exit status of `body` in a child that dies where it starts a process; 1000 and more: killed
/// by that signal, SIGALRM when the time was over.
int without_processes(const std::function<int()>& body, int longest_ms = 20'000) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 98;
    const itimerval limit = {{0, 0}, {longest_ms / 1000, (longest_ms % 1000) * 1000}};
    if (::setitimer(ITIMER_REAL, &limit, nullptr) != 0 || !be_quiet()) ::_exit(96);
    if (!test::start_no_process()) ::_exit(99);
    try {
      status = body();
    } catch (...) {
      status = 97;
    }
    ::_exit(status);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// top needs base; soft has soft dependencies; both have aliases.
bool fill(const FixtureTree& tree) {
  ModuleFile base("base");
  base.imports.clear();
  base.exports = {"from_base"};
  ModuleFile top("top");
  top.imports = {"from_base"};
  top.modinfo.emplace_back("alias=pci:v1d*");
  ModuleFile soft("soft");
  soft.imports.clear();
  soft.modinfo.emplace_back("softdep=pre: top post: base");
  soft.modinfo.emplace_back("alias=net-pf-99");
  tree.add("kernel/base.ko", base);
  tree.add("kernel/drivers/top.ko", top);
  tree.add("extra/soft.ko", soft);
  std::ofstream(tree.tree() + "/modules.builtin") << "kernel/grown.ko\n";
  return tree.index();
}

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Whether all plans over this tree are errors or sound.
bool plans_are_sound(const FixtureTree& tree) {
  const Planner planner(tree.tree(), tree.config());
  for (const char* asked : {"top", "soft", "base", "grown", "net-pf-99", "pci:v1d2", "nobody"}) {
    for (const bool unload : {false, true}) {
      const auto plan = unload ? planner.plan_unload({asked}) : planner.plan_load(asked, {});
      if (!plan) continue;
      if (plan->modules.size() > Limits::plan_modules) return false;
      for (const PlannedModule& module : plan->modules) {
        if (!is_canonical_name(module.name)) return false;
      }
    }
  }
  return true;
}

/// AddressSanitizer makes a crash an exit with this status.
constexpr int kSanitizerEnded = 1;
constexpr int kUnsound = 2;

const std::vector<std::string> kHostile = {"1; touch TRAP",     "$(touch TRAP)",
                                           "`touch TRAP`",      "1\ntouch TRAP\n",
                                           "1;touch${IFS}TRAP", "\"; touch TRAP; \"",
                                           "'; touch TRAP; '",  "| touch TRAP",
                                           "&& touch TRAP",     "\\"};

}  // namespace

TEST_CASE("planning, loading and removing with hostile text start no process", "[KMOD-INSTALL]") {
  const FixtureTree tree;
  if (!fill(tree)) {
    WARN("SKIPPED: there is no depmod (package kmod), so no tree can be made");
    return;
  }
  const fs::path trap = fs::path(tree.root()) / "trap";
  tree.configure("a.conf", "install base /usr/bin/touch " + trap.string() +
                               " $CMDLINE_OPTS\nremove * /usr/bin/touch " + trap.string() + "\n");
  prepare_digests();
  const Fd image = test::sealed_image_of(content(tree.tree() + "/kernel/base.ko"));
  const auto digest = digest_of(image.get());
  REQUIRE(digest);
  for (std::string text : kHostile) {
    while (text.find("TRAP") != std::string::npos) text.replace(text.find("TRAP"), 4, trap);
    CAPTURE(text);
    CHECK(without_processes([&] {
            const Planner planner(tree.tree(), tree.config());
            for (const char* asked : {"top", "base", "soft"}) {
              const auto plan = planner.plan_load(asked, {{"a", text}});
              const PlannedModule* driver = plan ? plan->driver() : nullptr;
              if (driver == nullptr) return 1;
              if (driver->parameters != std::vector<Parameter>{{"a", text}}) return 2;
            }
            // What is no name is not even looked up.
            if (planner.plan_load("base" + text, {}) || planner.plan_unload({"base" + text})) {
              return 3;
            }
            auto kernel = KernelModules::open();
            if (!kernel) return 4;
            if (kernel->insert(image.get(), false, *digest, "a=" + text) != EPERM) return 5;
            if (kernel->remove("base") == 0 || kernel->remove("base" + text) != EINVAL) return 6;
            return 0;
          }) == 0);
    CHECK_FALSE(fs::exists(trap));
  }
  // The filter is one that would have killed it.
  CHECK(without_processes([] { return std::system("true"); }) == 1000 + SIGSYS);
}

TEST_CASE("a damaged index of the tree starts nothing and plans nothing unsound",
          "[KMOD-PARSERS]") {
  const FixtureTree tree;
  if (!fill(tree)) {
    WARN("SKIPPED: there is no depmod (package kmod), so no tree can be made");
    return;
  }
  REQUIRE(without_processes([&] { return plans_are_sound(tree) ? 0 : 1; }) == 0);
  int ended = 0;
  int dead = 0;
  for (const char* name :
       {"modules.dep.bin", "modules.alias.bin", "modules.symbols.bin", "modules.builtin.bin",
        "modules.builtin.alias.bin", "modules.softdep", "modules.dep", "modules.alias"}) {
    const fs::path path = fs::path(tree.tree()) / name;
    if (!fs::exists(path)) continue;
    const std::string sound = content(path);
    std::vector<std::string> damaged = {"", std::string(4096, '\0'), std::string(4096, '\xff')};
    const std::size_t step = std::max<std::size_t>(1, sound.size() / 16);
    for (std::size_t at = 0; at < sound.size(); at += step) {
      damaged.push_back(sound.substr(0, at));
      std::string changed = sound;
      changed[at] = static_cast<char>(changed[at] ^ 0x81);
      damaged.push_back(std::move(changed));
    }
    for (std::size_t which = 0; which < damaged.size(); ++which) {
      CAPTURE(name, which);
      std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged[which];
      const int status =
          without_processes([&] { return plans_are_sound(tree) ? 0 : kUnsound; }, kLongestMs);
      // libkmod crashes on some of them and goes round in circles on others: a session that dies,
      // or whose time is over, has loaded nothing.
      CHECK((status == 0 || status == kSanitizerEnded || status > 1000));
      CHECK(status != 1000 + SIGSYS);
      (status == 0 ? ended : dead) += 1;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << sound;
  }
  CHECK(ended > dead);
}
