// SPDX-License-Identifier: Apache-2.0
#include "gate/client/signals.h"

#include <poll.h>
#include <signal.h>

#include <utility>

#include "catch.h"

using namespace modgate;

namespace {

bool is_readable(int descriptor) {
  pollfd ready = {descriptor, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

bool is_blocked(int signal) {
  sigset_t now = {};
  REQUIRE(::sigprocmask(SIG_SETMASK, nullptr, &now) == 0);
  return ::sigismember(&now, signal) == 1;
}

}  // namespace

TEST_CASE("The signals of a terminal are read while it lives, and no others") {
  {
    auto signals = Signals::take();
    REQUIRE(signals);
    CHECK_FALSE(is_readable(signals->descriptor()));
    CHECK(signals->next() == 0);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
      CAPTURE(signal);
      CHECK(is_blocked(signal));
      REQUIRE(::raise(signal) == 0);
      CHECK(is_readable(signals->descriptor()));
      CHECK(signals->next() == signal);
      CHECK(signals->next() == 0);
    }
    for (const int signal : {SIGCHLD, SIGSEGV, SIGCONT, SIGPIPE}) {
      CAPTURE(signal);
      CHECK_FALSE(is_blocked(signal));
    }
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP})
    CHECK_FALSE(is_blocked(signal));
}

TEST_CASE("Moved signals are given back once, and what was blocked before stays so") {
  sigset_t quit = {};
  sigset_t before = {};
  REQUIRE(::sigemptyset(&quit) == 0);
  REQUIRE(::sigaddset(&quit, SIGQUIT) == 0);
  REQUIRE(::sigprocmask(SIG_BLOCK, &quit, &before) == 0);
  {
    auto taken = Signals::take();
    REQUIRE(taken);
    {
      const Signals moved(std::move(*taken));
      CHECK(is_blocked(SIGINT));
    }
    CHECK_FALSE(is_blocked(SIGINT));
    CHECK(is_blocked(SIGQUIT));
    // Were it given back twice, SIGQUIT would be blocked again below.
    REQUIRE(::sigprocmask(SIG_SETMASK, &before, nullptr) == 0);
  }
  CHECK_FALSE(is_blocked(SIGQUIT));
}
