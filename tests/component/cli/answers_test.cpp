// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "component/cli/fake_helper.h"
#include "gate/cli/commands.h"
#include "gate/wire/utf8.h"

using namespace modgate;
using sample::FakeHelper;
using sample::Ran;

using Json = nlohmann::ordered_json;

namespace {

struct Asking {
  Command command;
  std::vector<std::string> words;
};

std::vector<Asking> every_command() {
  return {{load_command(), {"tun"}},      {unload_command(), {"tun"}},
          {plan_load_command(), {"tun"}}, {plan_unload_command(), {"tun"}},
          {list_command(), {}},           {status_command(), {}}};
}

CommandLine line_of(std::vector<std::string> words) {
  CommandLine line;
  line.words = std::move(words);
  line.interactive = false;
  return line;
}

const ReplyEnd kDone = {Outcome::done, {}, {}, {}};

Ran told(const Asking& asking, const std::vector<std::string>& answers, bool json = false) {
  std::vector<Reply> says;
  for (const std::string& answer : answers) says.push_back(ReplyPart{answer, true});
  says.push_back(kDone);
  FakeHelper helper(std::move(says));
  CommandLine line = line_of(asking.words);
  line.json = json;
  return sample::run(asking.command, std::move(line), helper.path());
}

/// `value` at every place that a text is made of, in every answer.
std::vector<Json> answers_full_of(const Json& value) {
  std::vector<Json> answers = {value};
  Json flat;
  for (const char* key :
       {"action", "asked", "status", "loaded", "unloaded", "skipped", "record", "warnings", "plan",
        "list", "module", "unmapped", "metadata", "actor", "message"}) {
    flat[key] = value;
  }
  answers.push_back(flat);
  Json inner;
  for (const char* key :
       {"name",    "file",    "sha256",  "signer",   "params",        "state",
        "why",     "check",   "verdict", "message",  "decision",      "explanation",
        "effect",  "actions", "modules", "tree",     "asks",          "hours",
        "expires", "rule",    "role",    "user",     "roles",         "rules",
        "gate",    "since",   "record",  "outcome",  "kind",          "reason",
        "kernel",  "action",  "asked",   "sequence", "original_time", "correlation_uid"}) {
    inner[key] = value;
  }
  Json deep = flat;
  Json plan = inner;
  plan["modules"] = Json::array({inner, value});
  plan["kernel"] = Json::array({inner, value});
  deep["plan"] = plan;
  Json list = inner;
  list["rules"] = Json::array({inner, value});
  deep["list"] = list;
  deep["module"] = inner;
  deep["module"]["gate"] = true;
  deep["metadata"] = inner;
  deep["unmapped"] = {{"modgate", inner}};
  deep["actor"] = {{"user", inner}};
  answers.push_back(deep);
  return answers;
}

}  // namespace

TEST_CASE("Every command survives any JSON in place of its answer") {
  const Json values[] = {nullptr,
                         true,
                         17,
                         -0.5,
                         "text",
                         "",
                         Json::array(),
                         Json::object(),
                         Json::array({1, nullptr, "text", Json::array()}),
                         Json({{"name", 1}})};
  for (const Asking& asking : every_command()) {
    for (const Json& value : values) {
      for (const Json& answer : answers_full_of(value)) {
        CAPTURE(asking.command.name, answer.dump().substr(0, 80));
        const Ran ran = told(asking, {answer.dump()});
        CHECK(ran.status == 0);
        CHECK(!ran.out.empty());
      }
    }
  }
}

TEST_CASE("Nothing in an answer can steer the terminal, in no command",
          "[CVE-2023-28486][CVE-2023-28487]") {
  for (const Asking& asking : every_command()) {
    for (const Json& answer : answers_full_of("\x1b[2J\x07\r\u202e\u009b~")) {
      CAPTURE(asking.command.name);
      const Ran ran = told(asking, {answer.dump()});
      CHECK(ran.status == 0);
      for (const std::string& text : {ran.out, ran.err}) {
        CHECK(is_utf8(text));
        CHECK(text.find_first_of("\x1b\x07\r") == std::string::npos);
        CHECK(text.find("\u202e") == std::string::npos);
        CHECK(text.find("\u009b") == std::string::npos);
      }
    }
    const Ran ran = told(asking, {answers_full_of("\x1b~").back().dump()});
    CHECK_THAT(ran.out, Catch::Matchers::ContainsSubstring("\\x1b~"));
  }
}

TEST_CASE("A line that is no JSON ends it, and with --json goes through as it is") {
  for (const Asking& asking : every_command()) {
    for (const char* answer : {"", "{", "{\"a\": }", "\xff", "[1, 2] 3"}) {
      CAPTURE(asking.command.name, answer);
      const Ran ran = told(asking, {answer});
      CHECK(ran.status == 6);
      CHECK(ran.out.empty());
      CHECK_THAT(ran.err, Catch::Matchers::ContainsSubstring("does not understand"));
      CHECK(told(asking, {answer}, true).out == std::string(answer) + '\n');
    }
  }
}

TEST_CASE("An answer nested as deep as a line is long is survived", "[CVE-2025-7519]") {
  const std::string deep = std::string(16000, '[') + std::string(16000, ']');
  const Ran ran = told({status_command(), {}}, {deep});
  CHECK(ran.status == 0);
}

TEST_CASE("Answers read as they should") {
  struct Row {
    Asking asking;
    std::string answer;
    std::string shown;
  };
  const Row rows[] = {
      {{load_command(), {"vxlan"}},
       R"({"action":"load","asked":"vxlan","status":0,"loaded":["udp_tunnel","vxlan"],"record":"id"})",
       "loaded udp_tunnel, vxlan\nrecord id\n"},
      {{load_command(), {"vxlan"}},
       R"({"action":"load","asked":"vxlan","status":0,"loaded":[],"record":"id"})",
       "nothing to do: vxlan is already loaded or built in\nrecord id\n"},
      {{unload_command(), {"a", "b"}},
       R"({"action":"unload","status":0,"unloaded":["a","b"],"record":"id"})",
       "unloaded a, b\nrecord id\n"},
      {{unload_command(), {"a"}}, R"({"unloaded":[],"record":"id"})", "nothing to do\nrecord id\n"},
      {{plan_load_command(), {"tun"}},
       R"({"plan":{"action":"load","asked":"tun","decision":"allow","rule":"p.toml:12","role":"netdev",
           "asks":["authenticate","reason"],
           "modules":[{"name":"tun","state":"new","why":"asked","file":"/tun.ko"}],
           "kernel":[{"check":"sig_enforce","verdict":"ok","message":"off"}]}})",
       "load tun: allowed by p.toml:12, role netdev\nasks you for: authenticate, reason\n"
       "modules, in this order:\n  tun                       new      asked\n    /tun.ko\n"
       "the kernel:\n  sig_enforce         ok       off\n"},
      {{plan_unload_command(), {"tun"}},
       R"({"plan":{"action":"unload","asked":"tun","decision":"deny","modules":[],"kernel":[]}})",
       "unload tun: denied\nmodules, in this order:\n"},
      // Whatever is not exactly an allow is a denial.
      {{plan_unload_command(), {"tun"}},
       R"({"plan":{"action":"unload","asked":"tun","decision":"allowed"}})",
       "unload tun: denied\nmodules, in this order:\n"},
      {{list_command(), {}},
       R"({"list":{"user":"alice","roles":["netdev"],"rules":[{"rule":"p.toml:12","role":"netdev",
           "effect":"allow","actions":["load"],"modules":["dummy"],"asks":["authenticate"],
           "expires":null}]}})",
       "alice: netdev\nallow  load: dummy\n       asks for authenticate\n       p.toml:12, role "
       "netdev\n"},
      {{list_command(), {}},
       R"({"list":{"user":"bob","roles":[],"rules":[
           {"rule":"p:1","effect":"deny","actions":["load","unload"],"tree":["net"],"message":"ask"},
           {"rule":"p:2","effect":"allow","actions":["load"],"modules":["a","b"],"tree":["net"],
            "hours":"Mon-Fri 08:00-18:00","expires":"2026-12-31"}]}})",
       "bob: no roles\ndeny   load, unload: in net\n       ask\n       p:1, for everyone\n"
       "allow  load: a, b in net\n       Mon-Fri 08:00-18:00\n       until 2026-12-31\n"
       "       p:2, for everyone\n"},
      {{list_command(), {}}, R"({"list":{"user":"bob","roles":[],"rules":[]}})", "bob: no roles\n"},
      {{status_command(), {}},
       R"({"module":{"name":"veth","gate":true,"user":"alice","since":"2026-12-01T10:00:00Z"}})",
       "veth                      alice         2026-12-01T10:00:00Z  through the gate\n"},
      {{status_command(), {}},
       R"({"module":{"name":"veth","gate":false,"user":"alice"}})",
       "veth                      came another way\n"},
      {{status_command(), {}},
       R"({"module":{"name":"veth","gate":"true"}})",
       "veth                      came another way\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asking.command.name);
    const Ran ran = told(row.asking, {row.answer});
    CHECK(ran.status == 0);
    CHECK(ran.out == row.shown);
    CHECK(ran.err.empty());
    CHECK(told(row.asking, {row.answer}, true).out == row.answer + '\n');
  }
}

TEST_CASE("Warnings are remarks on standard error, and none with --json") {
  const std::string answer = R"({"loaded":["tun"],"record":"id","warnings":["a\u001b", 1, "b"]})";
  const Ran ran = told({load_command(), {"tun"}}, {answer});
  CHECK(ran.err == "modgate: warning: a\\x1b\nmodgate: warning: b\n");
  CHECK(told({load_command(), {"tun"}}, {answer}, true).err.empty());
}
