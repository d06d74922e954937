// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/audit/chain.h"
#include "gate/review/csv.h"
#include "gate/review/exports.h"
#include "gate/review/grouping.h"
#include "unit/review/stored.h"

using namespace modgate;
using Json = nlohmann::json;

namespace {

/// The event of `record` in a form of text.
template <class Make>
Json made(const Record& record, const Make& make) {
  const std::string line = sample::line_of(record);
  EventView event;
  REQUIRE(event.parse(line));
  const std::string text = make(event, line);
  CHECK(text.find('\n') == std::string::npos);
  return Json::parse(text);
}

Json as_ecs(const Record& record) {
  return made(record, [](EventView& event, const std::string& line) { return ecs(event, line); });
}

Json as_core(const Record& record) {
  return made(record, [](EventView& event, const std::string&) { return ocsf_core(event); });
}

}  // namespace

TEST_CASE("a record of CSV quotes what it must, and computes nothing") {
  struct Row {
    std::vector<std::string> cells;
    const char* record;
  };
  const Row rows[] = {
      {{"a", "b"}, "a,b"},
      {{"", ""}, ","},
      {{"a,b", "c"}, "\"a,b\",c"},
      {{"say \"no\""}, "\"say \"\"no\"\"\""},
      {{"two\nlines"}, "\"two\nlines\""},
      {{"two\r\nlines"}, "\"two\r\nlines\""},
      {{"=1+1"}, "'=1+1"},
      {{"+1"}, "'+1"},
      {{"-1"}, "'-1"},
      {{"@SUM(A1)"}, "'@SUM(A1)"},
      {{"\t=1"}, "'\t=1"},
      {{"\r=1"}, "\"'\r=1\""},
      {{"  =1"}, "'  =1"},
      {{"=HYPERLINK(\"http://x\",\"y\")"}, "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {{"a=1", "1-1", "x@y"}, "a=1,1-1,x@y"},
      {{" a"}, " a"},
  };
  for (const Row& row : rows) CHECK(csv_record(row.cells) == row.record);
}

TEST_CASE("fields are shown as they were stored, the module asked for first") {
  EventView event;
  const std::string line = sample::line_of(sample::outcome());
  REQUIRE(event.parse(line, "here"));
  CHECK(event.shown(Field::module) == "vxlan");
  CHECK(event.shown(Field::modules) == "vxlan udp_tunnel");
  CHECK(event.shown(Field::params) == "log_ecn_error=1");
  CHECK(event.shown(Field::sha256).substr(0, 4) == "0200");
  CHECK(event.shown(Field::time) == "2026-07-31T10:00:00.123456789Z");
  CHECK(event.shown(Field::uid) == "1000");
  CHECK(event.shown(Field::log) == "here");
  CHECK(event.shown(Field::count) == "1");
  REQUIRE(event.parse("{}"));
  for (const FieldName& field : all_fields()) {
    CAPTURE(field.name);
    CHECK(event.shown(field.field) == (field.field == Field::count ? "1" : ""));
    CHECK(field_named(field.name) == &field);
  }
  CHECK(field_named("nobody") == nullptr);
  CHECK_FALSE(event.parse("{"));
  CHECK_FALSE(event.parse("[]"));
}

TEST_CASE("events in the Elastic Common Schema") {
  const Json done = as_ecs(sample::outcome());
  CHECK(done["@timestamp"] == "2026-07-31T10:00:00.123456789Z");
  CHECK(done["event"]["category"] == Json{"driver"});
  CHECK(done["event"]["type"] == Json{"start"});
  CHECK(done["event"]["action"] == "module-load");
  CHECK(done["event"]["outcome"] == "success");
  CHECK(done["event"]["hash"] == chain_hash(sample::line_of(sample::outcome())));
  CHECK(done["event"]["duration"] == 1'500'000);
  CHECK(done["user"] == Json{{"id", "1000"}, {"name", "alice"}, {"roles", {"netdev"}}});
  CHECK(done["file"]["hash"]["sha256"] == done["related"]["hash"][0]);
  CHECK(done["rule"]["name"] == "/etc/modgate/policy.toml:12");
  CHECK(done["process"]["entry_leader"]["user"]["id"] == "1000");
  CHECK(done["host"]["name"] == "build07.example.org");
  CHECK(done["modgate"]["modules"].size() == 2);
  CHECK_FALSE(done.contains("error"));

  const Json refused = as_ecs(sample::denied());
  CHECK(refused["event"]["category"] == Json{"driver", "iam"});
  CHECK(refused["event"]["type"] == Json{"denied"});
  CHECK(refused["event"]["outcome"] == "failure");

  Record unload = sample::outcome();
  unload.action = Action::unload;
  CHECK(as_ecs(unload)["event"]["type"] == Json{"end"});
  CHECK(as_ecs(sample::record(RecordKind::intent))["event"]["outcome"] == "unknown");
  Record failed = sample::outcome();
  failed.outcome = Outcome::failed;
  failed.code = "ENOEXEC";
  CHECK(as_ecs(failed)["error"]["code"] == "ENOEXEC");
  CHECK(as_ecs(sample::record(RecordKind::authentication))["event"]["category"] ==
        Json{"authentication"});
}

TEST_CASE("events for what reads OCSF 1.1") {
  const Json core = as_core(sample::outcome());
  CHECK(core["metadata"]["version"] == "1.1.0");
  CHECK(core["class_uid"] == 1002);
  CHECK(core["type_uid"] == core["class_uid"].get<int>() * 100 + core["activity_id"].get<int>());
  CHECK(core["action_id"] == 1);
  CHECK(core["disposition_id"] == 1);
  CHECK(core["driver"]["file"]["hashes"][0]["algorithm_id"] == 3);
  CHECK(core["unmapped"]["modgate"]["rule"] == "/etc/modgate/policy.toml:12");
  // What broke in older versions is not there.
  const std::string text = core.dump();
  for (const char* later :
       {"is_alert", "\"policy\":{", "has_mfa", "app_name", "boot_uid", "kernel_release",
        "internal_name", "signatures", "raw_data_hash", "authorizations", "linux_users"}) {
    CAPTURE(later);
    CHECK(text.find(later) == std::string::npos);
  }
  for (const RecordKind kind :
       {RecordKind::authentication, RecordKind::start, RecordKind::policy}) {
    const Json other = as_core(sample::record(kind));
    CHECK(other["type_uid"] ==
          other["class_uid"].get<int>() * 100 + other["activity_id"].get<int>());
    CHECK(other["metadata"]["profiles"] == Json{"host"});
    CHECK_FALSE(other["actor"].empty());
  }
}

TEST_CASE("requests are counted by their fields, an intent with its outcome") {
  auto grouping = Grouping::parse("user,outcome");
  REQUIRE(grouping);
  EventView event;
  const auto add = [&](const Record& record) {
    const std::string line = sample::line_of(record);
    REQUIRE(event.parse(line));
    grouping->add(event);
  };
  add(sample::record(RecordKind::intent));
  add(sample::outcome());
  add(sample::outcome());
  Record flood = sample::denied();
  flood.count = 40;
  flood.first_ms = 1;
  add(flood);
  const auto rows = grouping->rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].values == std::vector<std::string>{"alice", "denied"});
  CHECK(rows[0].counted.count == 40);
  CHECK(rows[1].values == std::vector<std::string>{"alice", "done"});
  CHECK(rows[1].counted.count == 2);
  CHECK(rows[1].counted.first_ms == 1785492000123);

  grouping = Grouping::parse("kind");
  REQUIRE(grouping);
  add(sample::record(RecordKind::intent));
  CHECK(grouping->rows().size() == 1);
}

TEST_CASE("groups by what is no field are refused") {
  for (const char* names : {"", ",", "user,", "nobody", "user,user", "user, module",
                            "user,uid,role,rule,module,action,outcome,host,kind"}) {
    CAPTURE(names);
    const auto grouping = Grouping::parse(names);
    REQUIRE_FALSE(grouping);
    CHECK(grouping.error().outcome == Outcome::usage);
  }
}
