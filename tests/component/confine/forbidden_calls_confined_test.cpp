// SPDX-License-Identifier: Apache-2.0
// What the filters do to who calls what it may not: each process in its own profile, each call in a
// process of its own.
#include "vm/faults/forbidden_calls.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <optional>

#include "catch.h"
#include "component/confine/house_of_a_test.h"
#include "gate/confine/compartment.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

const FilterSet& compiled_filters() {
  static const Result<FilterSet> filters = FilterSet::compile();
  return *filters;
}

/// How a process with this profile ends that does this and no more.
Ending ending_of(const Profile& profile, const std::function<int()>& body) {
  const GivenByATest given(profile);
  auto compartment = Compartment::start(profile, compiled_filters(), given.descriptors(),
                                        [&body](const Inside&) { return body(); });
  REQUIRE(compartment);
  return end_of(*compartment);
}

/// Whether the kernel looks at the call, and says no for its arguments' sake.
bool is_let_through(const Profile& profile, const std::function<long()>& call, int refusal) {
  const Ending ending =
      ending_of(profile, [&] { return call() == -1 && errno == refusal ? 0 : 1; });
  return ending.exited && ending.status == 0;
}

}  // namespace

TEST_CASE("who calls what it may not is killed at the call") {
  if (!can_confine()) return;
  for (const Profile& profile : house_of_a_test()) {
    const Ending undisturbed = ending_of(profile, [] { return 7; });
    INFO(profile.name);
    CHECK((undisturbed.exited && undisturbed.status == 7));
    for (const ForbiddenCall& call : calls_forbidden_to(profile.name)) {
      INFO(profile.name << " calls " << call.name);
      const Ending ending = ending_of(profile, [&call] {
        call.attempt();
        return 0;
      });
      CHECK_FALSE(ending.exited);
      CHECK(ending.signal == SIGSYS);
    }
  }
}

TEST_CASE("the same calls are let through where the process needs them") {
  if (!can_confine()) return;
  const Accounts accounts = accounts_of_a_test();
  const Profile loader = loader_profile(accounts);
  const auto insert = [] { return ::syscall(SYS_finit_module, -1, "", 0L); };
  const auto remove = [] {
    return ::syscall(SYS_delete_module, "modgate_no_such_module", O_NONBLOCK);
  };
  const auto read = [] { return ::syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDONLY); };
  const auto write = [] {
    return ::syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_WRONLY | O_CREAT, 0600);
  };
  // Whether this kernel can load modules at all.
  const int no_module = is_let_through(loader, insert, ENOSYS) ? ENOSYS : EBADF;
  CHECK(is_let_through(loader, insert, no_module));
  CHECK(is_let_through(loader, remove, no_module == ENOSYS ? ENOSYS : ENOENT));
  CHECK(is_let_through(loader, read, ENOENT));
  CHECK(is_let_through(reader_profile(accounts), read, ENOENT));
  CHECK(is_let_through(recorder_profile(accounts), read, ENOENT));
  CHECK(is_let_through(recorder_profile(accounts), write, ENOENT));
  const auto fork_and_exec = [] {
    const pid_t child = ::fork();
    if (child == 0) {
      static_cast<void>(::execl("/no/such/program", "", nullptr));
      ::_exit(errno == ENOENT ? 0 : 1);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
  };
  // PAM modules run programs, unix_chkpwd for one.
  const Ending ending = ending_of(authenticator_profile(accounts), fork_and_exec);
  CHECK((ending.exited && ending.status == 0));
}
