// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "component/confine/house_of_a_test.h"
#include "gate/confine/capabilities.h"
#include "gate/confine/compartment.h"
#include "gate/confine/filters.h"
#include "modgate/handle.h"

using namespace modgate;
using modgate::sample::end_of;

namespace {

constexpr uid_t kNobody = 65534;
constexpr int kNotFiltered = 77;

bool skipped_without_capabilities() {
  for (const cap_value_t needed : {CAP_SETPCAP, CAP_SETUID, CAP_SETGID, CAP_SYS_MODULE}) {
    const auto there = is_permitted(needed);
    if (there && *there) continue;
    WARN("SKIPPED: only root can give capabilities up");
    return true;
  }
  return false;
}

/// How a child ended that makes one system call under a filter: 0 where the kernel was asked,
/// whatever it said, else the signal. Nothing is allocated there: what the sanitizers then ask of
/// the kernel is not the filter's to allow.
int asked_under(const std::vector<sock_filter>& filter, const std::function<void()>& call) {
  sock_fprog program = {};
  program.len = static_cast<unsigned short>(filter.size());
  program.filter = const_cast<sock_filter*>(filter.data());
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
      ::_exit(kNotFiltered);
    }
    call();
    static_cast<void>(::syscall(SYS_exit_group, 0));
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends = {-1, -1};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

std::string all_of(const Fd& from) {
  std::string text;
  std::array<char, 4096> part = {};
  for (ssize_t got = 0; (got = ::read(from.get(), part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

/// What grep finds of capabilities in the status of the process that it became.
std::string sets_after_exec(const Profile& profile) {
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  Pipe pipe = make_pipe();
  auto child = Compartment::start(profile, *filters, {pipe.write.get()}, [](const Inside& inside) {
    if (::dup2(inside.given.at(0), STDOUT_FILENO) < 0) return 1;
    ::execl("/bin/grep", "grep", "-E", "^(Cap|NoNewPrivs)", "/proc/self/status", nullptr);
    return 2;
  });
  REQUIRE(child);
  pipe.write.reset();
  std::string text = all_of(pipe.read);
  const Ending ending = end_of(*child);
  REQUIRE((ending.exited && ending.status == 0));
  return text;
}

std::string set_in(const std::string& status, const std::string& name) {
  std::istringstream lines(status);
  for (std::string key, value; lines >> key >> value;) {
    if (key == name + ':') return value;
  }
  return "none";
}

const std::string kEmpty = "0000000000000000";
const std::string kModuleAlone = "0000000000010000";

}  // namespace

TEST_CASE("no process may load a module by the old call, or force one",
          "[KMOD-COMPRESSED-FALLBACK]") {
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  using Call = std::pair<const char*, std::function<void()>>;
  // None of them could do anything, were it let through: no such memory, descriptor or name.
  const auto insert = [](unsigned flags) {
    return [flags] { static_cast<void>(::syscall(SYS_finit_module, -1, "", flags)); };
  };
  const auto remove = [](unsigned flags) {
    return [flags] { static_cast<void>(::syscall(SYS_delete_module, nullptr, flags)); };
  };
  const std::vector<Call> never = {
      {"init_module", [] { static_cast<void>(::syscall(SYS_init_module, nullptr, 0, "")); }},
      {"finit_module without modversions", insert(1)},
      {"finit_module without vermagic", insert(2)},
      {"finit_module with neither", insert(3)},
      {"finit_module, compressed and without modversions", insert(5)},
      {"finit_module with a flag to come", insert(8)},
      {"delete_module that waits", remove(0)},
      {"delete_module by force", remove(O_NONBLOCK | O_TRUNC)}};
  for (const Filter filter : {Filter::floor, Filter::front, Filter::recorder, Filter::inspector,
                              Filter::loader, Filter::reader}) {
    for (const auto& [name, call] : never) {
      CAPTURE(static_cast<int>(filter), name);
      CHECK(asked_under(filters->program(filter), call) == SIGSYS);
    }
    const bool loads = filter == Filter::floor || filter == Filter::loader;
    CAPTURE(static_cast<int>(filter));
    CHECK(asked_under(filters->program(filter), insert(0)) == (loads ? 0 : SIGSYS));
    CHECK(asked_under(filters->program(filter), remove(O_NONBLOCK)) == (loads ? 0 : SIGSYS));
  }
}

TEST_CASE("the loader starts no program", "[KMOD-INSTALL]") {
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  const auto& loader = filters->program(Filter::loader);
  CHECK(asked_under(loader, [] { ::execl("/bin/true", "true", nullptr); }) == SIGSYS);
  CHECK(asked_under(loader, [] { static_cast<void>(::fork()); }) == SIGSYS);
  CHECK(asked_under(loader, [] { static_cast<void>(::syscall(SYS_clone3, nullptr, 0)); }) ==
        SIGSYS);
  CHECK(asked_under(filters->program(Filter::floor),
                    [] { ::execl("/bin/true", "true", nullptr); }) == 0);
}

TEST_CASE("a program that a confined process becomes gains nothing", "[CAPS-REGAINED]") {
  if (skipped_without_capabilities()) return;
  for (const uid_t uid : {uid_t{0}, kNobody}) {
    for (const std::vector<cap_value_t>& keep :
         {std::vector<cap_value_t>{}, std::vector<cap_value_t>{CAP_SYS_MODULE}}) {
      CAPTURE(uid, keep.size());
      Profile profile;
      profile.name = "probe";
      profile.uid = uid;
      profile.gid = uid;
      profile.given = {Given::anything};
      profile.keep = keep;
      profile.may_fork = true;
      const std::string status = sets_after_exec(profile);
      for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
        CAPTURE(set);
        CHECK(set_in(status, set) == kEmpty);
      }
      CHECK(set_in(status, "CapBnd") == (keep.empty() ? kEmpty : kModuleAlone));
      CHECK(set_in(status, "NoNewPrivs") == "1");
    }
  }
}

TEST_CASE("how a child ended is known, and nobody is started where it would not be",
          "[NVIDIA-MODPROBE]") {
  if (skipped_without_capabilities()) return;
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  Profile profile;
  profile.name = "probe";
  profile.uid = kNobody;
  profile.gid = kNobody;
  const auto body = [](const Inside&) { return 42; };
  struct sigaction before = {};
  struct sigaction ignored = {};
  ignored.sa_handler = SIG_IGN;
  REQUIRE(::sigaction(SIGCHLD, &ignored, &before) == 0);
  const auto unseen = Compartment::start(profile, *filters, {}, body);
  REQUIRE(::sigaction(SIGCHLD, &before, nullptr) == 0);
  CHECK_FALSE(unseen);

  auto seen = Compartment::start(profile, *filters, {}, body);
  REQUIRE(seen);
  const Ending ending = end_of(*seen);
  CHECK((ending.exited && ending.status == 42));
}
