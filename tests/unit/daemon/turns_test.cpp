// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/turns.h"

#include "catch.h"
#include "gate/daemon/slowdown.h"

using namespace modgate;
using std::chrono::seconds;

namespace {

const Deadline kNow{std::chrono::hours(5)};
using Ids = std::vector<Turns::SessionId>;

/// One wrong password from begin to end.
void fail_once(Turns& turns, Turns::SessionId session, uid_t uid, Deadline now) {
  turns.want(session, uid);
  REQUIRE(turns.begin_due(now) == Ids{session});
  REQUIRE(turns.count(session, now));
  turns.leave(session);
}

}  // namespace

TEST_CASE("one try at a time for a uid, in the order in which they came") {
  Turns turns;
  turns.want(1, 1000);
  turns.want(2, 1000);
  CHECK(turns.begin_due(kNow) == Ids{1});
  CHECK(turns.begin_due(kNow).empty());
  turns.leave(1);
  CHECK(turns.begin_due(kNow) == Ids{2});
}

TEST_CASE("another uid does not wait") {
  Turns turns;
  turns.want(1, 1000);
  turns.want(2, 1001);
  CHECK(turns.begin_due(kNow) == Ids{1, 2});
}

TEST_CASE("nothing counts and nothing succeeds without a turn", "[CVE-2015-4625]") {
  Turns turns;
  CHECK_FALSE(turns.count(1, kNow));
  CHECK_FALSE(turns.succeed(1));
  turns.want(1, 1000);
  CHECK_FALSE(turns.count(1, kNow));
  CHECK_FALSE(turns.succeed(1));
  REQUIRE(turns.begin_due(kNow) == Ids{1});
  CHECK(turns.count(1, kNow));
  CHECK(turns.succeed(1));
  turns.leave(1);
  CHECK_FALSE(turns.succeed(1));
}

TEST_CASE("three failures are free, the next try waits, and longer each time") {
  Turns turns;
  for (Turns::SessionId id = 1; id <= 3; ++id) fail_once(turns, id, 1000, kNow);
  turns.want(4, 1000);
  CHECK(turns.begin_due(kNow).empty());
  REQUIRE(turns.next_due(kNow));
  CHECK(*turns.next_due(kNow) == kNow + seconds(1));
  CHECK(turns.begin_due(kNow + seconds(1)) == Ids{4});
  REQUIRE(turns.count(4, kNow + seconds(1)));
  turns.leave(4);
  turns.want(5, 1000);
  CHECK(*turns.next_due(kNow + seconds(1)) == kNow + seconds(3));
  // Nobody else pays for it.
  turns.want(6, 1001);
  CHECK(turns.begin_due(kNow + seconds(1)) == Ids{6});
}

TEST_CASE("hanging up after the secret reached PAM keeps the count; success takes it back") {
  Turns turns;
  for (Turns::SessionId id = 1; id <= 3; ++id) fail_once(turns, id, 1000, kNow);
  turns.want(4, 1000);
  REQUIRE(turns.begin_due(kNow + seconds(1)) == Ids{4});
  REQUIRE(turns.count(4, kNow + seconds(1)));
  REQUIRE(turns.succeed(4));
  turns.leave(4);
  turns.want(5, 1000);
  CHECK(turns.begin_due(kNow + seconds(1)) == Ids{5});
}

TEST_CASE("a success without a secret takes nothing back") {
  Turns turns;
  for (Turns::SessionId id = 1; id <= 3; ++id) fail_once(turns, id, 1000, kNow);
  turns.want(4, 1000);
  REQUIRE(turns.begin_due(kNow + seconds(1)) == Ids{4});
  REQUIRE(turns.succeed(4));
  turns.leave(4);
  turns.want(5, 1000);
  CHECK(turns.begin_due(kNow).empty());
}

TEST_CASE("a second secret in one try is the same try") {
  Turns turns;
  turns.want(1, 1000);
  REQUIRE(turns.begin_due(kNow) == Ids{1});
  for (int secret = 0; secret < 5; ++secret) CHECK(turns.count(1, kNow));
  turns.leave(1);
  turns.want(2, 1000);
  CHECK(turns.begin_due(kNow) == Ids{2});
}

TEST_CASE("delays end at the most there is and are forgotten in the end") {
  Slowdown slowdown(kCrashTerms);
  CHECK(slowdown.not_before(1000, kNow) == kNow);
  slowdown.strike(1000, kNow);
  CHECK(slowdown.not_before(1000, kNow) == kNow + seconds(1));
  slowdown.strike(1000, kNow);
  CHECK(slowdown.not_before(1000, kNow) == kNow + seconds(2));
  for (int strike = 0; strike < 100; ++strike) slowdown.strike(1000, kNow);
  CHECK(slowdown.not_before(1000, kNow) == kNow + seconds(60));
  const Deadline later = kNow + seconds(601);
  CHECK(slowdown.not_before(1000, later) == later);
}
