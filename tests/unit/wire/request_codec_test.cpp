// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/request_codec.h"

#include <string>
#include <vector>

#include "catch.h"
#include "gate/wire/fields.h"

using namespace modgate;
using namespace std::string_literals;

namespace {

Request a_load(std::string module) {
  Request request;
  request.verb = Verb::load;
  request.modules = {std::move(module)};
  return request;
}

/// What the helper makes of a request that a client encoded.
Result<Request> across(const Request& request) { return decode_request(encode_request(request)); }

void check_refused(const Request& request) {
  const auto decoded = across(request);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().outcome == Outcome::usage);
}

}  // namespace

TEST_CASE("Every verb crosses the wire with what belongs to it") {
  Request load = a_load("vxlan");
  load.parameters = {{"udp_port", "4789"}, {"label", "a=b"}, {"empty", ""}};
  load.reason = "LAB-1 é";
  load.interactive = false;
  auto decoded = across(load);
  REQUIRE(decoded);
  CHECK(decoded->verb == Verb::load);
  CHECK(decoded->modules == load.modules);
  CHECK(decoded->parameters == load.parameters);
  CHECK(decoded->reason == load.reason);
  CHECK_FALSE(decoded->interactive);
  CHECK_FALSE(decoded->handed_over);

  Request unload;
  unload.verb = Verb::unload;
  unload.modules = {"a", "b-c", "d_e"};
  decoded = across(unload);
  REQUIRE(decoded);
  CHECK(decoded->verb == Verb::unload);
  CHECK(decoded->modules == unload.modules);
  CHECK(decoded->interactive);

  Request file = a_load("x");
  file.modules.clear();
  file.handed_over = true;
  file.file_label = "./x.ko";
  decoded = across(file);
  REQUIRE(decoded);
  CHECK(decoded->handed_over);
  CHECK(decoded->file_label == "./x.ko");

  Request log;
  log.verb = Verb::log;
  log.log = {"alice", "dev", "veth", "load", "denied", "lab-1", 5, 7, 9, true};
  decoded = across(log);
  REQUIRE(decoded);
  CHECK(decoded->log.user == "alice");
  CHECK(decoded->log.role == "dev");
  CHECK(decoded->log.module == "veth");
  CHECK(decoded->log.action == "load");
  CHECK(decoded->log.outcome == "denied");
  CHECK(decoded->log.host == "lab-1");
  CHECK(decoded->log.since_ms == 5);
  CHECK(decoded->log.until_ms == 7);
  CHECK(decoded->log.last == 9);
  CHECK(decoded->log.follow);

  Request sign_off;
  sign_off.verb = Verb::sign_off;
  sign_off.up_to = 1834;
  sign_off.up_to_line = std::string(64, 'a');
  sign_off.reason = "weekly";
  decoded = across(sign_off);
  REQUIRE(decoded);
  CHECK(decoded->up_to == 1834);
  CHECK(decoded->up_to_line == sign_off.up_to_line);
  CHECK(decoded->reason == "weekly");
  sign_off.up_to_line = std::string(63, 'a');
  CHECK_FALSE(across(sign_off));
  sign_off.up_to_line = std::string(64, 'A');
  CHECK_FALSE(across(sign_off));
  sign_off.up_to_line.clear();
  CHECK(across(sign_off));
  sign_off.up_to = 0;
  CHECK_FALSE(across(sign_off));
  log.up_to = 1;
  CHECK_FALSE(across(log));

  Request test;
  test.verb = Verb::policy_test_load;
  test.user = "bob";
  test.modules = {"veth"};
  test.parameters = {{"a", "1"}};
  decoded = across(test);
  REQUIRE(decoded);
  CHECK(decoded->user == "bob");
  CHECK(decoded->parameters == test.parameters);

  test.verb = Verb::policy_test_unload;
  test.user.clear();
  test.modules = {"veth", "dummy"};
  check_refused(test);
  test.parameters.clear();
  decoded = across(test);
  REQUIRE(decoded);
  CHECK(decoded->modules == test.modules);

  for (const Verb verb : {Verb::list, Verb::status}) {
    Request request;
    request.verb = verb;
    decoded = across(request);
    REQUIRE(decoded);
    CHECK(decoded->verb == verb);
  }
}

TEST_CASE("Names hold their alphabet and length at the edges") {
  CHECK(across(a_load(std::string(55, 'a'))));
  check_refused(a_load(std::string(56, 'a')));
  CHECK(across(a_load("pci:v00008086d00001533sv*sd*bc02sc00i00")));
  CHECK(across(a_load("a:" + std::string(1022, 'b'))));
  check_refused(a_load("a:" + std::string(1023, 'b')));
  for (const char* name :
       {"", "a b", "a\tb", "a\"b", "a'b", "a`b", "a(b", "a)b", "a[b", "a]b", "a{b", "a}b", "a<b",
        "a>b", "a/b", "../a", "\xc3\xa9", "a\x7f", "a\nb"}) {
    CAPTURE(name);
    check_refused(a_load(name));
  }
  CHECK(is_module_name("snd-hda_intel"));
  CHECK_FALSE(is_module_name("snd.hda"));
  CHECK_FALSE(is_module_name(""));
}

TEST_CASE("Lists and texts hold their limits at the edges") {
  Request load = a_load("veth");
  load.parameters.assign(64, {"a", "b"});
  CHECK(across(load));
  load.parameters.emplace_back(Parameter{"a", "b"});
  check_refused(load);

  load.parameters = {{"a", std::string(1022, 'b')}};
  CHECK(across(load));
  load.parameters = {{"a", std::string(1023, 'b')}};
  check_refused(load);

  load.parameters = {{"a b", "c"}};
  check_refused(load);
  load.parameters = {{"", "c"}};
  check_refused(load);

  load.parameters.clear();
  load.reason = std::string(1024, 'r');
  CHECK(across(load));
  load.reason = std::string(1025, 'r');
  check_refused(load);
  load.reason = "\xc0\xaf";
  check_refused(load);

  Request unload;
  unload.verb = Verb::unload;
  unload.modules.assign(128, "a");
  CHECK(across(unload));
  unload.modules.emplace_back("a");
  check_refused(unload);
  unload.modules.clear();
  check_refused(unload);
}

TEST_CASE("A message longer than 64 KiB is refused") {
  Request load = a_load("veth");
  load.parameters.assign(64, {"a", std::string(1022, 'b')});
  check_refused(load);
}

TEST_CASE("No field of a request says who asks", "[CVE-2018-1116]") {
  Request named;
  named.modules = {"tun"};
  Request query;
  Request signs_off;
  signs_off.up_to = 7;
  int verbs = 0;
  for (int number = 0; number < 256; ++number) {
    const auto verb = static_cast<Verb>(number);
    if (verb > Verb::policy_test_unload) break;
    Request request = verb == Verb::log ? query : verb == Verb::sign_off ? signs_off : named;
    request.verb = verb;
    if (verb == Verb::reload) {
      request.modules.clear();
      request.handed_over = true;
      request.file_label = "./tun.ko";
    }
    const std::string sound = encode_request(request);
    CAPTURE(number, sound);
    REQUIRE(decode_request(sound));
    for (const char* field :
         {"uid",    "gid",    "euid",   "loginuid",      "login_uid", "name",  "username",
          "caller", "peer",   "pid",    "session",       "groups",    "role",  "rule",
          "host",   "ticket", "cookie", "authenticated", "allow",     "record"}) {
      for (const char* value : {"0", "root", "alice"}) {
        CAPTURE(field, value);
        const std::string more = std::string(field) + '=' + value + '\0';
        const auto behind = decode_request(sound + more);
        REQUIRE_FALSE(behind);
        CHECK(behind.error().outcome == Outcome::usage);
        CHECK_FALSE(decode_request(more + sound));
      }
    }
    // A test of the policy is about somebody; it is still its caller who needs the right to it.
    CHECK(static_cast<bool>(decode_request(sound + "user=root\0"s)) == is_policy_test(verb));
    ++verbs;
  }
  CHECK(verbs == 11);
}

TEST_CASE("A verb takes only the fields that it has a use for", "[CVE-2025-32462]") {
  Fields unload_with_parameters;
  unload_with_parameters.add("verb", "unload").add("modules", pack({"a"}));
  CHECK(decode_request(unload_with_parameters.encode()));
  unload_with_parameters.add("parameters", pack({"a=b"}));
  CHECK_FALSE(decode_request(unload_with_parameters.encode()));

  const std::string refused[] = {
      "verb=list\0reason=x\0"s,
      "verb=list\0parameters=3:a=1\0"s,
      "verb=load\0modules=1:a\0user=bob\0"s,
      "verb=load\0modules=1:a\0uid=0\0"s,
      "verb=load\0modules=1:a1:b\0"s,
      "verb=load\0modules=1:a\0file=./a.ko\0"s,
      "verb=unload\0modules=1:a\0file=./a.ko\0"s,
      "verb=load\0modules=1:a\0non_interactive=0\0"s,
      "verb=load\0modules=1:a\0parameters=1:a\0"s,
      "verb=load\0file=\0"s,
      "verb=log\0log_last=-1\0"s,
      "verb=log\0log_user=\0"s,
      "verb=frob\0"s,
      "modules=1:a\0"s,
      "verb=load\0"s,
      "verb=policy-test\0modules=1:a\0"s,
  };
  for (const std::string& message : refused) {
    CAPTURE(message);
    const auto decoded = decode_request(message);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().outcome == Outcome::usage);
  }
}
