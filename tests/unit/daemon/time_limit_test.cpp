// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/time_limit.h"

#include <sys/wait.h>

#include <csignal>

#include "catch.h"

using namespace modgate;

TEST_CASE("what takes longer than its time is killed, what does not goes on", "[KMOD-PARSERS]") {
  const pid_t stuck = ::fork();
  if (stuck == 0) {
    const TimeLimit limit(std::chrono::seconds(1));
    while (true) static_cast<void>(::pause());
  }
  int status = 0;
  REQUIRE(::waitpid(stuck, &status, 0) == stuck);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM));

  { const TimeLimit limit(std::chrono::seconds(100)); }
  CHECK(::alarm(0) == 0);
}
