// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/names.h"

#include <algorithm>

#include "catch.h"

using namespace modgate;

TEST_CASE("Root has a name and its group") {
  Peer peer;
  peer.uid = 0;
  peer.gid = 0;
  peer.process.pid = 42;
  const auto caller = look_up_names(peer);
  REQUIRE(caller);
  CHECK(caller->user == "root");
  CHECK(caller->peer.process.pid == 42);
  CHECK(std::any_of(caller->groups.begin(), caller->groups.end(),
                    [](const Group& group) { return group.gid == 0 && group.name == "root"; }));
}

TEST_CASE("Groups are those that NSS has, not those at connect") {
  const auto account = look_up_account("root");
  REQUIRE(account);
  Peer peer = account->peer;
  peer.groups = {12345};
  const auto caller = look_up_names(peer);
  REQUIRE(caller);
  CHECK(std::none_of(caller->groups.begin(), caller->groups.end(),
                     [](const Group& group) { return group.gid == 12345; }));
}

TEST_CASE("CVE-2019-14287, CVE-2018-19788: a uid without an account is nobody") {
  for (const uid_t uid : {0xffffffffU, 0xfffffffeU, 0x80000000U, 0x7ffffffbU}) {
    CAPTURE(uid);
    Peer peer;
    peer.uid = uid;
    const auto caller = look_up_names(peer);
    REQUIRE_FALSE(caller);
    CHECK(caller.error().outcome == Outcome::denied);
  }
}

TEST_CASE("An account is found by its very name", "[CVE-2023-42456]") {
  const auto caller = look_up_account("root");
  REQUIRE(caller);
  CHECK(caller->peer.uid == 0);
  CHECK(caller->peer.gid == 0);
  for (const std::string& name : {std::string(), std::string("no-such-user-here"), std::string("0"),
                                  std::string("root\0x", 6), std::string(5000, 'a'),
                                  std::string("root "), std::string("../root")}) {
    const auto none = look_up_account(name);
    REQUIRE_FALSE(none);
    CHECK(none.error().outcome == Outcome::denied);
  }
}

TEST_CASE("A service account is never root") {
  CHECK_FALSE(look_up_service_account("root"));
  CHECK_FALSE(look_up_service_account("no-such-user-here"));
  const auto account = look_up_service_account("daemon");
  REQUIRE(account);
  CHECK(account->uid != 0);
  CHECK(account->gid != 0);
}
