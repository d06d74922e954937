// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/standing.h"

#include "catch.h"

using namespace modgate;

namespace {

CourierSubmit submit(std::uint64_t old_size, std::uint64_t size) {
  return {"w1", "http://w1", old_size, size, {}, "checkpoint\n"};
}

HttpReply conflict(const std::string& size) { return {409, "text/x.tlog.size", size}; }

}  // namespace

TEST_CASE("a cosignature is brought, and what was accepted is known") {
  Standing standing{3, 2, 1};
  const AfterVisit after = weigh_answer(standing, submit(3, 7), HttpReply{200, "text/plain", "x"});
  CHECK(after.cosigned);
  CHECK(after.pause.count() == 0);
  CHECK(after.complaint.empty());
  CHECK(standing.accepted == 7);
  CHECK(standing.failures == 0);
  CHECK(standing.conflicts == 0);
}

TEST_CASE("a conflict says from where the proof must lead") {
  Standing standing;
  const AfterVisit after = weigh_answer(standing, submit(0, 7), conflict("5\n"));
  CHECK_FALSE(after.cosigned);
  CHECK(after.pause.count() == 0);
  CHECK(after.complaint.empty());
  CHECK(standing.accepted == 5);
  CHECK(standing.failures == 0);
}

TEST_CASE("a witness that says another size each time is left alone for a while") {
  Standing standing;
  for (unsigned visit = 0; visit < kMostConflicts; ++visit) {
    CHECK(weigh_answer(standing, submit(0, 7), conflict(std::to_string(visit + 1))).pause.count() ==
          0);
  }
  CHECK(weigh_answer(standing, submit(0, 7), conflict("6")).pause.count() == 1);
  CHECK(standing.failures == 1);
}

TEST_CASE("what is no hint is a failure") {
  const HttpReply reply =
      GENERATE(conflict(""), conflict("x"), conflict("05"), conflict("-1"), conflict("5\n\n"),
               conflict("9223372036854775808"), conflict("3\n"),
               HttpReply{409, "text/plain", "5\n"}, HttpReply{200 + 1, "text/x.tlog.size", "5\n"},
               HttpReply{400, "", ""}, HttpReply{403, "", ""}, HttpReply{404, "", ""},
               HttpReply{422, "", ""}, HttpReply{500, "", ""}, HttpReply{302, "", ""});
  CAPTURE(reply.status, reply.body);
  Standing standing{3, 0, 0};
  const AfterVisit after = weigh_answer(standing, submit(3, 7), reply);
  CHECK_FALSE(after.cosigned);
  CHECK(after.pause.count() == 1);
  CHECK(after.complaint.find(std::to_string(reply.status)) != std::string::npos);
  CHECK(standing.accepted == 3);
}

TEST_CASE("pauses double, and have an end") {
  Standing standing;
  const Result<HttpReply> no_answer = Error{Outcome::unavailable, "no answer"};
  for (const int seconds : {1, 2, 4, 5, 5, 5}) {
    CHECK(weigh_answer(standing, submit(0, 7), no_answer).pause.count() == seconds);
  }
  for (int visit = 0; visit < 100; ++visit) {
    CHECK(weigh_answer(standing, submit(0, 7), no_answer).pause == kLongestPause);
  }
  CHECK(weigh_answer(standing, submit(0, 7), HttpReply{200, "", ""}).cosigned);
  CHECK(weigh_answer(standing, submit(7, 8), no_answer).pause.count() == 1);
}

TEST_CASE("a long complaint is cut") {
  Standing standing;
  const AfterVisit after =
      weigh_answer(standing, submit(0, 7), HttpReply{500, "", std::string(30000, 'x')});
  CHECK(after.complaint.size() < 300);
}
