// SPDX-License-Identifier: Apache-2.0
// How processes with a profile begin and end.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "catch.h"
#include "gate/confine/capabilities.h"
#include "gate/confine/compartment.h"
#include "gate/confine/filters.h"
#include "gate/confine/process_status.h"

using namespace modgate;

namespace {

constexpr uid_t kNobody = 65534;

bool skipped_without_root() {
  if (::geteuid() == 0) return false;
  WARN("SKIPPED: only root can make processes of other users");
  return true;
}

Profile nobodys() {
  Profile profile;
  profile.name = "test";
  profile.uid = kNobody;
  profile.gid = kNobody;
  profile.filter = Filter::inspector;
  return profile;
}

/// Says that it is confined, and lives until its parent hangs up.
int wait_for_parent(const Inside& inside) {
  char byte = '!';
  if (::write(inside.parent, &byte, 1) != 1) return 1;
  return ::read(inside.parent, &byte, 1) == 0 ? 0 : 1;
}

/// A pidfd is readable once its process has ended.
bool is_readable_soon(int descriptor) {
  pollfd ready = {descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 20'000) == 1;
}

/// How a process ended in which `body` was run: its exit status, or minus the signal.
int in_another_process(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string why_not(const Profile& profile) {
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  const auto started = Compartment::start(profile, *filters, {}, wait_for_parent);
  return started ? "" : started.error().message;
}

}  // namespace

TEST_CASE("nobody is started without an account, nor as root with more than the floor") {
  Profile nowhere = nobodys();
  nowhere.uid = static_cast<uid_t>(-1);
  CHECK(why_not(nowhere) == "there is no account for the test");
  nowhere = nobodys();
  nowhere.gid = static_cast<gid_t>(-1);
  CHECK(why_not(nowhere) == "there is no account for the test");
  Profile root = nobodys();
  root.uid = 0;
  CHECK(why_not(root) == "the test must not be root");
}

TEST_CASE("nobody is started whose end could not be heard of") {
  CHECK(in_another_process([] {
          if (::signal(SIGCHLD, SIG_IGN) == SIG_ERR) return 1;
          return why_not(nobodys()) == "SIGCHLD is ignored" ? 0 : 2;
        }) == 0);
}

TEST_CASE("a process whose body throws ends with a status of its own, and is reaped once") {
  if (skipped_without_root()) return;
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  auto started = Compartment::start(
      nobodys(), *filters, {}, [](const Inside&) -> int { throw std::runtime_error("trouble"); });
  REQUIRE(started);
  REQUIRE(is_readable_soon(started->pidfd()));
  const auto ending = started->reap();
  REQUIRE(ending);
  CHECK(ending->exited);
  CHECK(ending->status == 70);
  CHECK_FALSE(started->reap());
  CHECK(started->kill());
}

TEST_CASE("one that takes the place of another ends it") {
  if (skipped_without_root()) return;
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  auto first = Compartment::start(nobodys(), *filters, {}, wait_for_parent);
  auto second = Compartment::start(nobodys(), *filters, {}, wait_for_parent);
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(first->reap());  // it still runs
  const Fd watched(::fcntl(first->pidfd(), F_DUPFD_CLOEXEC, 0));
  const pid_t kept = second->pid();
  *first = std::move(*second);
  CHECK(is_readable_soon(watched.get()));
  CHECK(first->pid() == kept);
  CHECK(first->kill());
  CHECK(is_readable_soon(first->pidfd()));
}

TEST_CASE("a process of another user is killed by who has that right only at hand") {
  if (skipped_without_root()) return;
  const std::vector<cap_value_t> at_hand = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL};
  const auto filters = FilterSet::compile();
  REQUIRE(filters);
  CHECK(in_another_process([&] {
          if (!set_capabilities(at_hand, {})) return 1;
          auto child = Compartment::start(nobodys(), *filters, {}, wait_for_parent);
          if (!child) return 2;
          const Fd channel = child->release_channel();
          if (!is_readable_soon(channel.get())) return 6;    // it is another user now
          if (::kill(child->pid(), SIGKILL) == 0) return 3;  // nothing is effective
          if (!child->kill() || !is_readable_soon(child->pidfd())) return 4;
          const auto ending = child->reap();
          return ending && !ending->exited && ending->signal == SIGKILL ? 0 : 5;
        }) == 0);
}

TEST_CASE("a capability is effective for as long as it is raised, and only where it is permitted") {
  CHECK(in_another_process([] {
          if (!set_capabilities({}, {})) return 1;
          const Raised raised{CAP_KILL};
          return raised.status() ? 2 : 0;
        }) == 0);
  if (skipped_without_root()) return;
  CHECK(in_another_process([] {
          const auto is_effective = [] {
            const Fd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
            const auto status = read_process_status(file.get());
            return status && (status->effective >> CAP_KILL & 1U) != 0;
          };
          if (!set_capabilities({CAP_KILL}, {}) || is_effective()) return 1;
          {
            const Raised raised{CAP_KILL};
            if (!raised.status() || !is_effective()) return 2;
            { const Raised again{CAP_KILL}; }
            if (!is_effective()) return 3;  // who did not raise it does not lower it
          }
          return is_effective() ? 4 : 0;
        }) == 0);
}

TEST_CASE("the floor is inherited, and what it forbids ends the process") {
  auto filters = FilterSet::compile();
  REQUIRE(filters);
  CHECK(filters->to_install(Filter::floor) != nullptr);
  const auto under_the_floor = [&](const std::function<int()>& body) {
    return in_another_process([&] {
      if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !filters->install_floor()) return 1;
      if (filters->to_install(Filter::floor) != nullptr) return 2;
      return body();
    });
  };
  CHECK(under_the_floor([] { return ::getpid() > 0 ? 0 : 3; }) == 0);
  CHECK(under_the_floor([] { return static_cast<int>(::ptrace(PTRACE_TRACEME)); }) == -SIGSYS);
}
