// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/options.h"

#include <vector>

#include "catch.h"

using namespace modgate;

namespace {

Result<WitnessCommand> parsed(std::vector<std::string> words) {
  std::string program = "modgate-witness";
  std::vector<char*> argv = {program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  return parse_witness_options(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("a witness serves on loopback unless it is told otherwise") {
  auto command = parsed({});
  REQUIRE(command);
  REQUIRE(command->run);
  CHECK(command->run->host == "127.0.0.1");
  CHECK(command->run->path == "/add-checkpoint");
  CHECK_FALSE(command->run->new_key);
}

TEST_CASE("every option of a witness") {
  auto command = parsed({"--make-key", "audit.example.org/w1", "--key", "k", "--vkey=v", "--logs",
                         "l", "--state", "s", "--listen", "[::1]:80", "--prefix", "/w1/"});
  REQUIRE(command);
  REQUIRE(command->run);
  const WitnessOptions& options = *command->run;
  CHECK(options.new_key == "audit.example.org/w1");
  CHECK(options.key + options.vkey + options.logs + options.state == "kvls");
  CHECK(options.host == "::1");
  CHECK(options.port == 80);
  CHECK(options.path == "/w1/add-checkpoint");
}

TEST_CASE("help and version run nothing") {
  CHECK_FALSE(parsed({"--help"})->run);
  CHECK(parsed({"--help"})->text.find("--make-key") != std::string::npos);
  CHECK(parsed({"--version"})->text.rfind("modgate-witness ", 0) == 0);
}

TEST_CASE("what a witness does not know is an error of usage") {
  const auto words = GENERATE(
      as<std::vector<std::string>>(), std::vector<std::string>{"serve"},
      std::vector<std::string>{"--stat", "s"}, std::vector<std::string>{"--listen", "80"},
      std::vector<std::string>{"--listen", ":80"}, std::vector<std::string>{"--listen", "a:"},
      std::vector<std::string>{"--listen", "a:65536"}, std::vector<std::string>{"--listen", "a:8x"},
      std::vector<std::string>{"--prefix", "w1"}, std::vector<std::string>{"--prefix", "/w 1"},
      std::vector<std::string>{"--prefix", "/(w)"}, std::vector<std::string>{"--make-key"});
  auto command = parsed(words);
  REQUIRE_FALSE(command);
  CHECK(command.error().outcome == Outcome::usage);
}
