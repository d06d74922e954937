// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/tickets.h"

#include "catch.h"

using namespace modgate;
using std::chrono::seconds;

namespace {

const LoginSession kSession{LoginSession::Kind::audit, 7, 0};
const Deadline kNow{std::chrono::hours(5)};

}  // namespace

TEST_CASE("a ticket serves the same uid, session and service for its life",
          "[GHSA-c978-wq47-pvvw][CVE-2025-64517]") {
  Tickets tickets;
  tickets.grant(1000, kSession, "modgate", seconds(300), kNow);

  REQUIRE(tickets.valid_for(1000, kSession, kNow).size() == 1);
  CHECK(tickets.valid_for(1000, kSession, kNow).front().service == "modgate");
  CHECK(tickets.valid_for(1000, kSession, kNow + seconds(299)).size() == 1);
}

TEST_CASE("a ticket serves nobody else, nowhere else and not for longer",
          "[CVE-2023-42456][CVE-2013-1775][CVE-2013-1776][CVE-2013-2776][CVE-2013-2777]") {
  Tickets tickets;
  tickets.grant(1000, kSession, "modgate", seconds(300), kNow);

  CHECK(tickets.valid_for(1001, kSession, kNow).empty());
  CHECK(tickets.valid_for(1000, {LoginSession::Kind::audit, 8, 0}, kNow).empty());
  CHECK(tickets.valid_for(1000, {LoginSession::Kind::terminal, 7, 0}, kNow).empty());
  CHECK(tickets.valid_for(1000, {LoginSession::Kind::none, 7, 0}, kNow).empty());
  CHECK(tickets.valid_for(1000, kSession, kNow + seconds(300)).empty());
}

TEST_CASE("a terminal whose number is used again is another session",
          "[CVE-2013-1775][CVE-2013-1776][CVE-2013-2776][CVE-2013-2777]") {
  Tickets tickets;
  tickets.grant(1000, {LoginSession::Kind::terminal, 34816, 100}, "modgate", seconds(300), kNow);

  CHECK(tickets.valid_for(1000, {LoginSession::Kind::terminal, 34816, 100}, kNow).size() == 1);
  CHECK(tickets.valid_for(1000, {LoginSession::Kind::terminal, 34816, 101}, kNow).empty());
}

TEST_CASE("no ticket without a login session, without a life, and after forgetting") {
  Tickets tickets;
  tickets.grant(1000, {}, "modgate", seconds(300), kNow);
  CHECK(tickets.valid_for(1000, {}, kNow).empty());
  tickets.grant(1000, kSession, "modgate", seconds(0), kNow);
  CHECK(tickets.valid_for(1000, kSession, kNow).empty());
  tickets.grant(1000, kSession, "modgate", seconds(1), kNow);
  CHECK(tickets.valid_for(1000, kSession, kNow).size() == 1);
  tickets.forget_all();
  CHECK(tickets.valid_for(1000, kSession, kNow).empty());
}

TEST_CASE("however many tickets are granted, they stay bounded and the newest serves") {
  Tickets tickets;
  for (uid_t uid = 0; uid < 2 * Tickets::kMost; ++uid) {
    tickets.grant(uid, kSession, "modgate", seconds(300 + uid), kNow);
  }
  CHECK(tickets.valid_for(2 * Tickets::kMost - 1, kSession, kNow).size() == 1);
  CHECK(tickets.valid_for(0, kSession, kNow).empty());
}
