// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/search.h"

#include "catch.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

bool matches(const LogQuery& query, const Record& record, const std::string& only_uid = "") {
  const Peer peer = sample::alice();
  LogFilter filter(query, only_uid);
  return filter.matches(render_event(record, &peer, sample::stamp(), sample::origin()).line);
}

template <class Value>
LogQuery with(Value LogQuery::*member, Value value) {
  LogQuery query;
  query.*member = std::move(value);
  return query;
}

using Text = std::string LogQuery::*;

}  // namespace

TEST_CASE("each condition of a query holds or does not") {
  struct Row {
    Text member;
    std::string right;
    std::string wrong;
  };
  for (const Row& row : std::vector<Row>{{&LogQuery::user, "alice", "alic"},
                                         {&LogQuery::user, "1000", "100"},
                                         {&LogQuery::role, "netdev", "net"},
                                         {&LogQuery::module, "vxlan", "vxla"},
                                         {&LogQuery::module, "udp-tunnel", "udp"},
                                         {&LogQuery::action, "load", "unload"},
                                         {&LogQuery::outcome, "done", "denied"},
                                         {&LogQuery::host, "build07.example.org", "build07"}}) {
    INFO(row.right);
    CHECK(matches(with(row.member, row.right), sample::outcome()));
    CHECK_FALSE(matches(with(row.member, row.wrong), sample::outcome()));
  }
  CHECK(matches(LogQuery{}, sample::outcome()));
}

TEST_CASE("since is inclusive and until is not") {
  constexpr std::int64_t kTime = 1785492000123;
  CHECK(matches(with(&LogQuery::since_ms, kTime), sample::outcome()));
  CHECK_FALSE(matches(with(&LogQuery::since_ms, kTime + 1), sample::outcome()));
  CHECK(matches(with(&LogQuery::until_ms, kTime + 1), sample::outcome()));
  CHECK_FALSE(matches(with(&LogQuery::until_ms, kTime), sample::outcome()));
}

TEST_CASE("conditions are all to hold") {
  LogQuery query;
  query.user = "alice";
  query.module = "vxlan";
  CHECK(matches(query, sample::outcome()));
  query.outcome = "failed";
  CHECK_FALSE(matches(query, sample::outcome()));
}

TEST_CASE("whoever may see only its own sees nothing else") {
  CHECK(matches(LogQuery{}, sample::outcome(), "1000"));
  CHECK_FALSE(matches(LogQuery{}, sample::outcome(), "1001"));
  CHECK_FALSE(matches(LogQuery{}, sample::outcome(), "100"));
  LogQuery query;
  query.user = "alice";
  CHECK_FALSE(matches(query, sample::outcome(), "1001"));
  LogFilter filter(LogQuery{}, "0");
  CHECK_FALSE(filter.matches(
      render_event(sample::record(RecordKind::start), nullptr, sample::stamp(), sample::origin())
          .line));
}

TEST_CASE("a reason cannot pass for another field") {
  Record record = sample::outcome();
  record.reason = R"("},"actor":{"user":{"name":"root","uid":"0"}},"x":{"y":")";
  CHECK_FALSE(matches(with(&LogQuery::user, std::string("root")), record));
}

TEST_CASE("what is no event matches nothing") {
  LogFilter filter(LogQuery{}, "");
  CHECK_FALSE(filter.matches(""));
  CHECK_FALSE(filter.matches("{\"time\":1"));
}
