// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/options.h"

#include "catch.h"

using namespace modgate;

namespace {

Result<DaemonCommand> parsed(std::vector<std::string> words) {
  std::string name = "modgated";
  std::vector<char*> arguments = {name.data()};
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_daemon_options(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("the log is kept unless the administrator says how long") {
  auto nothing = parsed({});
  REQUIRE(nothing);
  REQUIRE(nothing->serve);
  CHECK(nothing->serve->retention.keeps_everything());
  auto both = parsed({"--keep-days", "400", "--keep-bytes=1073741824"});
  REQUIRE(both);
  REQUIRE(both->serve);
  CHECK(both->serve->retention.keep_days == 400);
  CHECK(both->serve->retention.keep_bytes == 1U << 30U);
}

TEST_CASE("what is no sensible number removes nothing") {
  for (const char* wrong : {"-1", "36501", "1e3", "", "18446744073709551616", "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parsed({"--keep-days", wrong}));
  }
  for (const char* wrong : {"-1", "64M", "18446744073709551615"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parsed({"--keep-bytes", wrong}));
  }
}
