// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/login_uid.h"

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "catch.h"

using namespace modgate;

namespace {

/// In a child: the login uid of this process must stay what it is.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)
             ? WEXITSTATUS(status)
             : -1;
}

bool is(uid_t uid) {
  const auto own = own_login_uid();
  return own && *own == uid;
}

/// Whether it can be set at all.
bool skipped_where_set() {
  const auto own = own_login_uid();
  if (!own)
    WARN("SKIPPED: this kernel keeps no login uids: " + own.error().message);
  else if (*own)
    WARN("SKIPPED: this test runs with a login uid");
  return !own || own->has_value();
}

}  // namespace

TEST_CASE("The login uid is set once and kept") {
  if (skipped_where_set()) return;
  CHECK(in_child([] {
          if (!set_login_uid(4242) || !is(4242)) return 1;
          if (!set_login_uid(4242)) return 2;
          // Even where the kernel would allow it.
          if (set_login_uid(4243) || !is(4242)) return 3;
          return 0;
        }) == 0);
  CHECK_FALSE(is(4242));
}

TEST_CASE("Children inherit the login uid") {
  if (skipped_where_set()) return;
  CHECK(in_child([] {
          if (!set_login_uid(4242)) return 1;
          return in_child([] { return is(4242) ? 0 : 1; });
        }) == 0);
}

TEST_CASE("The login uid cannot be set to nobody's") {
  CHECK(in_child([] { return set_login_uid(static_cast<uid_t>(-1)) ? 1 : 0; }) == 0);
}
