// SPDX-License-Identifier: Apache-2.0
// KMOD-PARSERS: what libkmod makes of hostile indexes, and our own reading of modprobe.d.
#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "component/module/fixture_tree.h"
#include "component/module/no_process.h"
#include "gate/module/modprobe_config.h"
#include "gate/module/module_name.h"
#include "gate/module/planner.h"
#include "modgate/request.h"

namespace {

using modgate::test::FixtureTree;
using modgate::test::ModuleFile;

constexpr int kUnsound = 42;

/// By the first byte of an input.
constexpr std::array<const char*, 8> kFiles = {"modules.dep.bin",
                                               "modules.alias.bin",
                                               "modules.symbols.bin",
                                               "modules.builtin.bin",
                                               "modules.builtin.alias.bin",
                                               "modules.softdep",
                                               "../../../modprobe.d/fuzz.conf",
                                               "modules.builtin.modinfo"};

bool fill(const FixtureTree& tree) {
  ModuleFile base("base");
  base.imports.clear();
  base.exports = {"from_base"};
  ModuleFile top("top");
  top.imports = {"from_base"};
  top.modinfo.emplace_back("alias=pci:v1d*");
  top.modinfo.emplace_back("softdep=pre: base");
  tree.add("kernel/base.ko", base);
  tree.add("kernel/top.ko", top);
  return tree.index();
}

/// A sound tree, in which one file is replaced for each input.
const FixtureTree& tree() {
  static const FixtureTree made;
  static const bool filled = fill(made);
  if (!filled) std::abort();
  return made;
}

bool is_sound(const modgate::Plan& plan) {
  return plan.modules.size() <= modgate::Limits::plan_modules &&
         std::all_of(plan.modules.begin(), plan.modules.end(),
                     [](const auto& module) { return modgate::is_canonical_name(module.name); });
}

/// In a process that may start no other. libkmod, which does not withstand every index, may crash
/// or go round in circles there: a session that dies has loaded nothing.
[[noreturn]] void plan_everything() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) {
    if (::signal(signal, SIG_DFL) == SIG_ERR) ::_exit(0);
  }
  const itimerval limit = {{0, 0}, {0, 200'000}};
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (::setitimer(ITIMER_REAL, &limit, nullptr) != 0 || nothing < 0 ||
      ::dup2(nothing, STDERR_FILENO) < 0 || !modgate::test::start_no_process()) {
    ::_exit(0);
  }
  const modgate::Planner planner(tree().tree(), tree().config());
  for (const char* asked : {"top", "base", "pci:v1d2", "nobody"}) {
    const auto load = planner.plan_load(asked, {{"a", "$(touch trap)"}});
    const auto unload = planner.plan_unload({asked});
    if ((load && !is_sound(*load)) || (unload && !is_sound(*unload))) ::_exit(kUnsound);
  }
  ::_exit(0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string path = tree().tree() + '/' + kFiles.at(data[0] % kFiles.size());
  const std::string sound = [&path] {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));

  const auto config = modgate::ModprobeConfig::read(tree().tree(), tree().config());
  static_cast<void>(config.where("install", "top"));
  static_cast<void>(config.soft_dependencies("top"));

  const pid_t child = ::fork();
  if (child == 0) plan_everything();
  int status = 0;
  // libFuzzer's own timer interrupts.
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (child < 0) std::abort();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kUnsound) std::abort();
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) std::abort();
  std::ofstream(path, std::ios::binary | std::ios::trunc) << sound;
  return 0;
}
