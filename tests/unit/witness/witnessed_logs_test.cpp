// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/witnessed_logs.h"

#include "catch.h"
#include "unit/witness/growing_log.h"

using namespace modgate;

namespace {

std::string vkey(const std::string& name, SignatureType type = SignatureType::ed25519) {
  return VerifierKey{name, type, sample::fresh_key().public_key()}.text();
}

}  // namespace

TEST_CASE("logs are named by their keys, one a line") {
  WitnessedLogs logs;
  const std::string twice = vkey("a.example.org/log");
  REQUIRE(add_witnessed_logs("# ours\n\n" + twice + '\n' + vkey("b.example.org/log") + '\n' +
                                 twice + '\n' + vkey("a.example.org/log"),
                             "logs", logs));
  REQUIRE(logs.size() == 2);
  CHECK(logs.at("a.example.org/log").keys.size() == 2);
  CHECK(logs.at("b.example.org/log").keys.size() == 1);
  CHECK(logs.at("b.example.org/log").origin == "b.example.org/log");
}

TEST_CASE("a line that is no log's key is an error with its place") {
  const std::string line =
      GENERATE(as<std::string>(), "x", "a.example.org/log", " # indented",
               vkey("a.example.org/w1", SignatureType::cosignature), vkey("a") + " ");
  CAPTURE(line);
  WitnessedLogs logs;
  auto added = add_witnessed_logs(vkey("ok") + "\n\n" + line + '\n', "/etc/logs", logs);
  REQUIRE_FALSE(added);
  CHECK(added.error().message.rfind("/etc/logs:3: ", 0) == 0);
}
