// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/daemon/recorder_rules.h"
#include "gate/daemon/refusal_flood.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

bool admitted(ConnectionRules& rules, RecordKind kind) {
  auto as = rules.admit(sample::record(kind));
  if (as) rules.stored(*as);
  return static_cast<bool>(as);
}

constexpr Deadline at(std::int64_t seconds) { return Deadline(std::chrono::seconds(seconds)); }

CountedRefusal refusal(uid_t uid, const std::string& id = "id") {
  CountedRefusal refusal;
  refusal.record = sample::record(RecordKind::refusal);
  refusal.peer.uid = uid;
  refusal.correlation_uid = id;
  return refusal;
}

}  // namespace

TEST_CASE("a request is one intent and one outcome") {
  ConnectionRules rules;
  CHECK_FALSE(admitted(rules, RecordKind::outcome));
  CHECK(admitted(rules, RecordKind::authentication));
  CHECK(admitted(rules, RecordKind::intent));
  CHECK(rules.has_open_intent());
  CHECK_FALSE(admitted(rules, RecordKind::intent));
  CHECK_FALSE(admitted(rules, RecordKind::authentication));
  CHECK_FALSE(admitted(rules, RecordKind::nothing_to_do));
  CHECK(admitted(rules, RecordKind::outcome));
  CHECK_FALSE(rules.has_open_intent());
  for (const RecordKind kind : {RecordKind::intent, RecordKind::outcome, RecordKind::refusal,
                                RecordKind::nothing_to_do, RecordKind::authentication}) {
    CHECK_FALSE(admitted(rules, kind));
  }
}

TEST_CASE("a request that is refused, or needs nothing, ends there") {
  for (const RecordKind kind : {RecordKind::refusal, RecordKind::nothing_to_do}) {
    ConnectionRules rules;
    CHECK(admitted(rules, kind));
    for (const RecordKind next : {RecordKind::intent, RecordKind::outcome, RecordKind::refusal,
                                  RecordKind::nothing_to_do}) {
      CHECK_FALSE(admitted(rules, next));
    }
  }
}

TEST_CASE("a refusal after the intent is its outcome") {
  ConnectionRules rules;
  REQUIRE(admitted(rules, RecordKind::intent));
  auto as = rules.admit(sample::record(RecordKind::refusal));
  REQUIRE(as);
  CHECK(*as == RecordKind::outcome);
}

TEST_CASE("tries to authenticate have an end") {
  ConnectionRules rules;
  for (int tries = 0; tries < ConnectionRules::kMaxTries; ++tries) {
    CHECK(admitted(rules, RecordKind::authentication));
  }
  CHECK_FALSE(admitted(rules, RecordKind::authentication));
  CHECK(admitted(rules, RecordKind::refusal));
}

TEST_CASE("what is the helper's to record is no session's") {
  ConnectionRules rules;
  for (const RecordKind kind : {RecordKind::start, RecordKind::stop, RecordKind::recovery,
                                RecordKind::policy, RecordKind::clock, RecordKind::retention}) {
    CHECK_FALSE(admitted(rules, kind));
  }
  Record counted = sample::record(RecordKind::refusal);
  counted.count = 100;
  CHECK_FALSE(rules.admit(counted));
}

TEST_CASE("a sign-off is all that its connection records") {
  ConnectionRules rules;
  CHECK(admitted(rules, RecordKind::sign_off));
  CHECK_FALSE(admitted(rules, RecordKind::sign_off));
  CHECK_FALSE(admitted(rules, RecordKind::intent));
  ConnectionRules loads;
  CHECK(admitted(loads, RecordKind::intent));
  CHECK_FALSE(admitted(loads, RecordKind::sign_off));
}

TEST_CASE("an intent names the bytes of what it loads") {
  const ConnectionRules rules;
  Record intent = sample::record(RecordKind::intent);
  REQUIRE(rules.admit(intent));
  intent.modules[0].sha256.reset();
  CHECK_FALSE(rules.admit(intent));
  intent.modules[0].state = ModuleState::loaded;
  CHECK(rules.admit(intent));
  intent.modules[0].state = ModuleState::fresh;
  intent.action = Action::unload;
  CHECK(rules.admit(intent));
}

TEST_CASE("a flood of refusals is counted, and others are not touched by it") {
  RefusalFlood flood;
  for (int one = 0; one < RefusalFlood::kBurst; ++one) CHECK(flood.admit(refusal(1000), at(100)));
  CHECK(flood.standing_in(1000).empty());
  CHECK_FALSE(flood.admit(refusal(1000, "first"), at(100)));
  for (int one = 0; one < 999; ++one) CHECK_FALSE(flood.admit(refusal(1000, "later"), at(100)));
  CHECK(flood.standing_in(1000) == "first");
  CHECK(flood.admit(refusal(1001), at(100)));

  CHECK(flood.take_due(at(104)).empty());
  REQUIRE(flood.next_due());
  CHECK(*flood.next_due() == at(105));
  const auto due = flood.take_due(at(105));
  REQUIRE(due.size() == 1);
  CHECK(due[0].record.count == 1000);
  CHECK(due[0].record.first_ms == 1785492000123);
  CHECK(due[0].correlation_uid == "first");
  CHECK_FALSE(flood.next_due());
  // One token went with it.
  for (int one = 0; one < RefusalFlood::kDueTokens - 1; ++one) {
    CHECK(flood.admit(refusal(1000), at(105)));
  }
  CHECK_FALSE(flood.admit(refusal(1000), at(105)));
}

TEST_CASE("while refusals are counted none is recorded by itself") {
  RefusalFlood flood;
  for (int one = 0; one < RefusalFlood::kBurst; ++one) REQUIRE(flood.admit(refusal(1), at(0)));
  REQUIRE_FALSE(flood.admit(refusal(1), at(0)));
  CHECK_FALSE(flood.admit(refusal(1), at(3)));
  CHECK(flood.take_due(at(5)).at(0).record.count == 2);
}

TEST_CASE("a bucket fills up to its brim and no further") {
  RefusalFlood flood;
  REQUIRE(flood.admit(refusal(1), at(0)));
  for (int one = 0; one < RefusalFlood::kBurst; ++one) CHECK(flood.admit(refusal(1), at(100'000)));
  CHECK_FALSE(flood.admit(refusal(1), at(100'000)));
}

TEST_CASE("an aggregate that could not be written goes on counting") {
  RefusalFlood flood;
  for (int one = 0; one < RefusalFlood::kBurst + 3; ++one) {
    static_cast<void>(flood.admit(refusal(1, std::to_string(one)), at(0)));
  }
  auto taken = flood.take(1);
  REQUIRE(taken);
  CHECK(taken->record.count == 3);
  CHECK_FALSE(flood.take(1));
  CHECK_FALSE(flood.admit(refusal(1, "new"), at(0)));
  flood.give_back(*taken);
  CHECK(flood.standing_in(1) == "30");
  auto all = flood.take_all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].record.count == 4);
}

TEST_CASE("uids that behave are forgotten, those that are counted are not") {
  RefusalFlood flood;
  for (int one = 0; one < RefusalFlood::kBurst + 1; ++one) {
    static_cast<void>(flood.admit(refusal(1), at(0)));
  }
  for (uid_t uid = 2; uid < 5000; ++uid) REQUIRE(flood.admit(refusal(uid), at(uid * 100)));
  CHECK(flood.standing_in(1) == "id");
}
