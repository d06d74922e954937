// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/options.h"

#include <vector>

#include "catch.h"

using namespace modgate;

namespace {

Result<CourierCommand> parsed(std::vector<std::string> words) {
  std::string program = "modgate-courier";
  std::vector<char*> argv = {program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  return parse_courier_options(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("the courier's options") {
  CHECK(parsed({})->run->socket == "/run/modgate/courier.sock");
  CHECK(parsed({})->run->ca_file.empty());
  CHECK(parsed({"--socket", "s", "--ca-file=c"})->run->socket == "s");
  CHECK(parsed({"--socket", "s", "--ca-file=c"})->run->ca_file == "c");
  CHECK_FALSE(parsed({"--help"})->run);
  CHECK(parsed({"--version"})->text.rfind("modgate-courier ", 0) == 0);
  CHECK_FALSE(parsed({"--sock", "s"}));
  CHECK_FALSE(parsed({"here"}));
}
