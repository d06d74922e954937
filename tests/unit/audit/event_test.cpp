// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/event.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "gate/audit/chain.h"
#include "gate/audit/classification.h"
#include "unit/audit/sample.h"

using namespace modgate;
using Json = nlohmann::json;

namespace {

Json rendered(const Record& record, const Peer* peer) {
  return Json::parse(render_event(record, peer, sample::stamp(), sample::origin()).line);
}

Json rendered(const Record& record) {
  const Peer peer = sample::alice();
  return rendered(record, &peer);
}

Record refusal(Outcome outcome) {
  Record record = sample::record(RecordKind::refusal);
  record.outcome = outcome;
  return record;
}

Json at(const Json& event, const std::string& pointer) {
  const Json::json_pointer path(pointer);
  return event.contains(path) ? event[path] : Json();
}

/// What OCSF 1.8.0 calls its numbers.
const std::map<std::string, std::map<int, std::string>> kCaptions = {
    {"class",
     {{1002, "Kernel Extension Activity"},
      {3002, "Authentication"},
      {3004, "Entity Management"},
      {6002, "Application Lifecycle"}}},
    {"category",
     {{1, "System Activity"}, {3, "Identity & Access Management"}, {6, "Application Activity"}}},
    {"severity", {{0, "Unknown"}, {1, "Informational"}, {2, "Low"}, {3, "Medium"}, {4, "High"}}},
    {"status", {{0, "Unknown"}, {1, "Success"}, {2, "Failure"}, {99, "Other"}}},
    {"action", {{1, "Allowed"}, {2, "Denied"}, {3, "Observed"}}},
    {"disposition",
     {{1, "Allowed"},
      {2, "Blocked"},
      {16, "No Action"},
      {25, "Rejected"},
      {26, "Unauthorized"},
      {27, "Error"}}},
};
const std::map<int, std::string> kTypes = {{100201, "Load"}, {100202, "Unload"}, {300201, "Logon"},
                                           {300402, "Read"}, {300403, "Update"}, {600203, "Start"},
                                           {600204, "Stop"}, {600299, "Other"}};

std::vector<Record> one_of_each() {
  std::vector<Record> records;
  for (const RecordKind kind :
       {RecordKind::intent, RecordKind::outcome, RecordKind::nothing_to_do,
        RecordKind::authentication, RecordKind::start, RecordKind::stop, RecordKind::recovery,
        RecordKind::policy, RecordKind::sign_off, RecordKind::clock, RecordKind::retention}) {
    records.push_back(sample::record(kind));
  }
  records.back().removed = {1, 41, std::string(64, 'c'), 2, 4096, "age"};
  for (const Outcome outcome :
       {Outcome::failed, Outcome::usage, Outcome::denied, Outcome::unauthenticated,
        Outcome::rejected, Outcome::unavailable}) {
    records.push_back(refusal(outcome));
    records.push_back(refusal(outcome));
    records.back().kind = RecordKind::outcome;
  }
  records.push_back(sample::outcome());
  records.back().outcome_unknown = true;
  records.push_back(sample::record(RecordKind::intent));
  records.back().action = Action::unload;
  records.push_back(sample::record(RecordKind::policy));
  records.back().outcome = Outcome::failed;
  return records;
}

}  // namespace

TEST_CASE("every kind of record has the fields OCSF requires, with their captions") {
  for (const Record& record : one_of_each()) {
    const bool helpers = classify(record).of.id == 6002 || classify(record).of.id == 3004;
    const Peer peer = sample::alice();
    const Json event = rendered(record, helpers ? nullptr : &peer);
    INFO(event.dump());
    for (const char* key :
         {"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata",
          "actor", "device", "unmapped", "message", "status_id"}) {
      CHECK(event.contains(key));
    }
    const int klass = event["class_uid"];
    CHECK(event["type_uid"] == klass * 100 + event["activity_id"].get<int>());
    CHECK(event["activity_name"] == kTypes.at(event["type_uid"]));
    CHECK(event["type_name"] ==
          kCaptions.at("class").at(klass) + ": " + event["activity_name"].get<std::string>());
    CHECK(event["class_name"] == kCaptions.at("class").at(klass));
    CHECK(event["category_uid"] == klass / 1000);
    CHECK(event["category_name"] == kCaptions.at("category").at(event["category_uid"]));
    for (const std::string key : {"severity", "status", "action", "disposition"}) {
      if (event.contains(key)) CHECK(event[key] == kCaptions.at(key).at(event[key + "_id"]));
      CHECK(event.contains(key) == event.contains(key + "_id"));
    }
    CHECK(event.contains("driver") == (klass == 1002));
    CHECK(event.contains("action_id") == (klass == 1002));
    CHECK(event.contains("disposition_id") == (klass == 1002));
    CHECK(event.contains("entity") == (klass == 3004));
    CHECK(event.contains("app") == (klass == 6002));
    CHECK((event.contains("user") && event.contains("service")) == (klass == 3002));
    CHECK(at(event, "/metadata/version") == "1.8.0");
    CHECK(at(event, "/metadata/product/name") == "modgate");
    CHECK(at(event, "/metadata/product/vendor_name") == "modgate project");
    CHECK(at(event, "/metadata/sequence") == 7);
    CHECK(at(event, "/metadata/correlation_uid") == sample::kCorrelation);
    CHECK(at(event, "/unmapped/modgate/chain/prev") == std::string(64, '0'));
    CHECK(at(event, "/unmapped/modgate/kind") == kind_word(record.kind));
    CHECK(at(event, "/device/boot_uid") == sample::kBoot);
    CHECK(at(event, "/device/os/type_id") == 200);
    CHECK(event.contains("/device/type_id"_json_pointer));
  }
}

TEST_CASE("a reload bears a mark in each of its events, and nothing else does") {
  const Peer peer = sample::alice();
  for (const RecordKind kind :
       {RecordKind::intent, RecordKind::outcome, RecordKind::refusal, RecordKind::nothing_to_do}) {
    Record record = sample::record(kind);
    CHECK_FALSE(rendered(record, &peer).contains("/unmapped/modgate/request"_json_pointer));
    record.reload = true;
    const Json event = rendered(record, &peer);
    CHECK(at(event, "/unmapped/modgate/request") == "reload");
    CHECK(at(event, "/unmapped/modgate/action") == "load");
  }
}

TEST_CASE("what was decided and what the kernel said are told apart") {
  struct Row {
    Record record;
    int status;
    int action;
    int disposition;
    Json outcome;
  };
  Record kernel_refused = sample::outcome();
  kernel_refused.outcome = Outcome::failed;
  kernel_refused.code = "EKEYREJECTED";
  Record unknown = sample::outcome();
  unknown.outcome_unknown = true;
  const std::vector<Row> rows = {
      {sample::record(RecordKind::intent), 0, 1, 1, Json()},
      {sample::outcome(), 1, 1, 1, "done"},
      {kernel_refused, 2, 1, 27, "failed"},
      {unknown, 99, 1, 27, "unknown"},
      {sample::record(RecordKind::nothing_to_do), 1, 3, 16, "done"},
      {refusal(Outcome::denied), 2, 2, 2, "denied"},
      {refusal(Outcome::rejected), 2, 2, 25, "rejected"},
      {refusal(Outcome::unauthenticated), 2, 2, 26, "unauthenticated"},
      {refusal(Outcome::unavailable), 2, 2, 27, "unavailable"},
      {refusal(Outcome::failed), 2, 2, 27, "failed"},
  };
  for (const Row& row : rows) {
    const Json event = rendered(row.record);
    INFO(event.dump());
    CHECK(event["class_uid"] == 1002);
    CHECK(event["status_id"] == row.status);
    CHECK(event["action_id"] == row.action);
    CHECK(event["disposition_id"] == row.disposition);
    CHECK(at(event, "/unmapped/modgate/outcome") == row.outcome);
  }
  CHECK(rendered(kernel_refused)["status_code"] == "EKEYREJECTED");
  CHECK(rendered(sample::outcome())["status_code"] == "0");
}

TEST_CASE("an event says who, what and why") {
  const Json event = rendered(sample::outcome());
  CHECK(event["time"] == 1785492000123);
  CHECK(at(event, "/metadata/original_time") == "2026-07-31T10:00:00.123456789Z");
  CHECK(at(event, "/metadata/logged_time") == 1785492000125);
  CHECK(at(event, "/actor/user/name") == "alice");
  CHECK(at(event, "/actor/user/uid") == "1000");
  CHECK(at(event, "/actor/user/groups/1/name") == "netops");
  CHECK(at(event, "/actor/process/pid") == 4711);
  CHECK(at(event, "/actor/process/auid") == 1000);
  CHECK(at(event, "/actor/process/euid") == 1000);
  CHECK(at(event, "/actor/process/created_time") == 1785491999950);
  CHECK(at(event, "/actor/process/parent_process/name") == "bash");
  CHECK(at(event, "/actor/session/uid") == "12");
  CHECK(at(event, "/actor/session/terminal") == "pts/3");
  CHECK(at(event, "/driver/file/name") == "vxlan.ko.xz");
  CHECK(at(event, "/driver/file/internal_name") == "vxlan");
  CHECK(at(event, "/driver/file/hashes/0/value") == digest_hex(sample::digest(2)));
  CHECK(at(event, "/driver/file/hashes/0/algorithm_id") == 3);
  const Json own = at(event, "/unmapped/modgate");
  CHECK(own["asked"] == "vxlan");
  CHECK(own["role"] == "netdev");
  CHECK(own["rule"] == "/etc/modgate/policy.toml:12");
  CHECK(own["policy"] == std::string(64, 'a'));
  CHECK(own["reason"] == "NET-42");
  CHECK(own["authentication"] == "pam:modgate");
  CHECK(own["taint_before"] == 0);
  CHECK(own["taint_after"] == 4096);
  CHECK(own["duration_us"] == 1500);
  CHECK(own["appeared"] == Json::array({"libcrc32c"}));
  REQUIRE(own["modules"].size() == 2);
  CHECK(own["modules"][0]["name"] == "udp_tunnel");
  CHECK(own["modules"][0]["why"] == "dependency");
  CHECK(own["modules"][0]["step"] == "done");
  CHECK(own["modules"][1]["sha256"] == digest_hex(sample::digest(2)));
  CHECK(own["modules"][1]["params"] == "log_ecn_error=1");
  CHECK(own["modules"][1]["state"] == "new");
  CHECK(own["modules"][1]["errno"] == 0);
  CHECK(own["modules"][1]["instance"] == 4026531845);
}

TEST_CASE("the implicit default has a word") {
  Record record = refusal(Outcome::denied);
  record.rule.clear();
  record.role.clear();
  CHECK(at(rendered(record), "/unmapped/modgate/rule") == "default");
}

TEST_CASE("an unset login uid is left out and not a number") {
  Peer peer = sample::alice();
  peer.login_uid.reset();
  peer.audit_session.reset();
  peer.process.terminal.clear();
  const Json event = rendered(sample::record(RecordKind::intent), &peer);
  CHECK_FALSE(event.contains("/actor/process/auid"_json_pointer));
  CHECK_FALSE(event.contains("/actor/session"_json_pointer));
}

TEST_CASE("a module without a file is named as it was asked for") {
  Record record = refusal(Outcome::failed);
  record.modules.clear();
  record.driver.clear();
  record.asked = "no_such_module";
  const Json event = rendered(record);
  CHECK(at(event, "/driver/file/name") == "no_such_module");
  CHECK(at(event, "/driver/file/type_id") == 0);
  record.asked.clear();
  CHECK_FALSE(at(rendered(record), "/driver/file/name").get<std::string>().empty());
}

TEST_CASE("a removal says which records are gone and what the next one names") {
  Record record = sample::record(RecordKind::retention);
  record.removed = {1, 41, std::string(64, 'c'), 2, 4096, "age"};
  const Json removed = at(rendered(record, nullptr), "/unmapped/modgate/removed");
  CHECK(removed == Json({{"from", 1},
                         {"to", 41},
                         {"last_hash", std::string(64, 'c')},
                         {"segments", 2},
                         {"bytes", 4096},
                         {"reason", "age"}}));
}

TEST_CASE("a flood is one event with a count and its span") {
  Record record = refusal(Outcome::denied);
  record.count = 4711;
  record.first_ms = 1785491990000;
  const Json event = rendered(record);
  CHECK(event["count"] == 4711);
  CHECK(event["start_time"] == 1785491990000);
  CHECK(event["end_time"] == 1785492000123);
  CHECK_FALSE(rendered(refusal(Outcome::denied)).contains("count"));
}

TEST_CASE("whatever bytes a record holds, the event is one line of printable ASCII",
          "[CVE-2023-28486][CVE-2023-28487]") {
  const std::vector<std::string> hostile = {"a\nb",
                                            "\x1b[2J",
                                            std::string("a\0b", 3),
                                            "\u202egnp.exe",
                                            "\xff\xfe\x80",
                                            "\xc3\x28",
                                            "\xed\xa0\x80",
                                            "\",\"status_id\":1,\"x\":\"",
                                            "\\",
                                            "\x7f\u0085\u2028\u2029",
                                            std::string(65536, '\n'),
                                            std::string(65536, 'x'),
                                            std::string(65536, '\xff')};
  const Peer good = sample::alice();
  for (const std::string& bytes : hostile) {
    Record record = sample::outcome();
    record.asked = record.driver = record.reason = record.message = record.user = bytes;
    record.role = record.rule = record.authentication = record.code = bytes;
    record.groups = {{1, bytes}};
    record.appeared = {bytes};
    record.modules[1].name = record.modules[1].parameters = record.modules[1].signer = bytes;
    record.modules[1].file = bytes;
    Peer peer = good;
    peer.process.name = peer.process.terminal = peer.process.parent_name = bytes;
    const RenderedEvent event = render_event(record, &peer, sample::stamp(), sample::origin());
    CHECK(event.line.size() <= kLineBytes);
    CHECK(std::all_of(event.line.begin(), event.line.end(),
                      [](char c) { return c >= 0x20 && c < 0x7f; }));
    const Json parsed = Json::parse(event.line);
    CHECK(parsed["status_id"] == 1);
    CHECK(at(parsed, "/unmapped/modgate/outcome") == "done");
    CHECK(event.clipped == parsed["metadata"].contains("is_truncated"));
  }
}

TEST_CASE("a text comes back as it was put in") {
  Record record = sample::outcome();
  record.reason = std::string("tab\t quote\" newline\n esc\x1b nul") + '\0' + "snowman \u2603";
  CHECK(at(rendered(record), "/unmapped/modgate/reason") == record.reason);
}

TEST_CASE("long texts are cut where a line has to be short, and the event says so") {
  Record record = sample::outcome();
  record.reason = std::string(3000, 'r');
  const Peer peer = sample::alice();
  const RenderedEvent whole = render_event(record, &peer, sample::stamp(), sample::origin());
  CHECK_FALSE(whole.clipped);
  const RenderedEvent cut =
      render_event(record, &peer, sample::stamp(), sample::origin(), whole.line.size() - 1000);
  CHECK(cut.clipped);
  CHECK(cut.line.size() < whole.line.size() - 1000);
  const Json event = Json::parse(cut.line);
  CHECK(at(event, "/metadata/is_truncated") == true);
  CHECK(at(event, "/metadata/untruncated_size") == whole.line.size());
  CHECK(at(event, "/unmapped/modgate/modules").size() == 2);
}

TEST_CASE("the greatest plan fits a line with every module in it") {
  Record record = sample::outcome();
  record.modules.assign(Limits::plan_modules, sample::module(std::string(55, 'm'), 9, Why::asked));
  for (RecordedModule& module : record.modules) {
    module.parameters = std::string(500, '\x01');
    module.file = "/lib/modules/" + std::string(150, '\x02');
    module.step = Step::done;
    module.instance = UINT64_MAX;
  }
  const Peer peer = sample::alice();
  const RenderedEvent event = render_event(record, &peer, sample::stamp(), sample::origin());
  CHECK(event.line.size() <= kLineBytes);
  CHECK(at(Json::parse(event.line), "/unmapped/modgate/modules").size() == Limits::plan_modules);
}
