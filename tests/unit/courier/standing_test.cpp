// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/standing.h"

#include "catch.h"
#include "gate/evidence/cosignature.h"
#include "unit/witness/growing_log.h"

using namespace modgate;

namespace {

const std::string kName = "audit.example.org/w1";

/// A log, a witness, and what they say to each other.
struct Parties {
  SigningKey log = sample::fresh_key();
  SigningKey witness = sample::fresh_key();
  VerifierKey verifier{kName, SignatureType::cosignature, witness.public_key()};

  [[nodiscard]] CourierSubmit submit(std::uint64_t old_size, std::uint64_t size) const {
    auto checkpoint = sign_checkpoint({"host.example.org/log", size, Digest{}}, log);
    REQUIRE(checkpoint);
    return {kName, "http://w1", old_size, size, {}, format_note(checkpoint->note)};
  }
  [[nodiscard]] HttpReply cosigned(std::uint64_t size, const SigningKey& key,
                                   const std::string& name = kName) const {
    const std::string text = checkpoint_text({"host.example.org/log", size, Digest{}});
    auto signature = cosign(text, 1785492000, name, key);
    REQUIRE(signature);
    return {200, "text/plain", format_signature(*signature)};
  }
  AfterVisit weigh(Standing& standing, const CourierSubmit& submit,
                   const Result<HttpReply>& answer) const {
    return weigh_answer(standing, verifier.text(), submit, answer);
  }
};

HttpReply conflict(const std::string& size) { return {409, "text/x.tlog.size", size}; }

}  // namespace

TEST_CASE("a cosignature is brought, and what was accepted is known") {
  const Parties parties;
  Standing standing{3, 2, 1};
  const AfterVisit after =
      parties.weigh(standing, parties.submit(3, 7), parties.cosigned(7, parties.witness));
  CHECK(after.cosigned);
  CHECK(after.pause.count() == 0);
  CHECK(after.complaint.empty());
  CHECK(standing.accepted == 7);
  CHECK(standing.failures == 0);
  CHECK(standing.conflicts == 0);
}

TEST_CASE("an answer without the witness's own cosignature is a failure that says why") {
  const Parties parties;
  HttpReply reply = GENERATE_REF(
      HttpReply{200, "", ""}, HttpReply{200, "", "x\n"}, parties.cosigned(6, parties.witness),
      parties.cosigned(7, parties.log), parties.cosigned(7, parties.witness, "another"));
  Standing standing{3, 0, 0};
  const AfterVisit after = parties.weigh(standing, parties.submit(3, 7), reply);
  CHECK_FALSE(after.cosigned);
  CHECK(after.pause.count() == 1);
  CHECK(after.complaint.find("is its key in the policy") != std::string::npos);
  CHECK(standing.accepted == 3);
}

TEST_CASE("other signatures beside the witness's own do no harm") {
  const Parties parties;
  HttpReply reply = parties.cosigned(7, parties.witness);
  reply.body = parties.cosigned(7, parties.log, "another").body + reply.body;
  Standing standing;
  CHECK(parties.weigh(standing, parties.submit(3, 7), reply).cosigned);
}

TEST_CASE("a conflict says from where the proof must lead") {
  const Parties parties;
  Standing standing;
  const AfterVisit after = parties.weigh(standing, parties.submit(0, 7), conflict("5\n"));
  CHECK_FALSE(after.cosigned);
  CHECK(after.pause.count() == 0);
  CHECK(after.complaint.empty());
  CHECK(standing.accepted == 5);
  CHECK(standing.failures == 0);
}

TEST_CASE("a witness that says another size each time is left alone for a while") {
  const Parties parties;
  Standing standing;
  for (unsigned visit = 0; visit < kMostConflicts; ++visit) {
    CHECK(parties.weigh(standing, parties.submit(0, 7), conflict(std::to_string(visit + 1)))
              .pause.count() == 0);
  }
  CHECK(parties.weigh(standing, parties.submit(0, 7), conflict("6")).pause.count() == 1);
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
  const Parties parties;
  Standing standing{3, 0, 0};
  const AfterVisit after = parties.weigh(standing, parties.submit(3, 7), reply);
  CHECK_FALSE(after.cosigned);
  CHECK(after.pause.count() == 1);
  CHECK(after.complaint.find(std::to_string(reply.status)) != std::string::npos);
  CHECK(standing.accepted == 3);
}

TEST_CASE("pauses double, and have an end") {
  const Parties parties;
  Standing standing;
  const Result<HttpReply> no_answer = Error{Outcome::unavailable, "no answer"};
  for (const int seconds : {1, 2, 4, 5, 5, 5}) {
    CHECK(parties.weigh(standing, parties.submit(0, 7), no_answer).pause.count() == seconds);
  }
  for (int visit = 0; visit < 100; ++visit) {
    CHECK(parties.weigh(standing, parties.submit(0, 7), no_answer).pause == kLongestPause);
  }
  CHECK(
      parties.weigh(standing, parties.submit(0, 7), parties.cosigned(7, parties.witness)).cosigned);
  CHECK(parties.weigh(standing, parties.submit(7, 8), no_answer).pause.count() == 1);
}

TEST_CASE("a long complaint is cut") {
  const Parties parties;
  Standing standing;
  const AfterVisit after =
      parties.weigh(standing, parties.submit(0, 7), HttpReply{500, "", std::string(30000, 'x')});
  CHECK(after.complaint.size() < 300);
}
