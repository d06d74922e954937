// SPDX-License-Identifier: Apache-2.0
#include "component/admin/run_captured.h"
#include "gate/cli/admin/commands.h"

using namespace modgate;
using sample::FakeHelper;

namespace {

sample::Ran run(FakeHelper& helper, const std::string& up_to, bool reason = true) {
  CommandLine line;
  line.interactive = false;
  line.socket = helper.path();
  if (!up_to.empty()) line.given["up-to"] = up_to;
  if (reason) line.reason = "week 48";
  return sample::run_captured(log_sign_off_command(), line);
}

}  // namespace

TEST_CASE("A sign-off arrives as it was typed, and says what was recorded") {
  FakeHelper helper(
      {ReplyPart{R"({"sign_off":{"user":"ol\u001bivia","up_to":1834,"record":"id"}})", true},
       ReplyEnd{Outcome::done, {}, {}, {}}});
  const sample::Ran ran = run(helper, "1834");
  CHECK(ran.status == 0);
  CHECK(ran.out == "ol\\x1bivia has read the log up to #1834, record id\n");
  const auto asked = helper.asked();
  REQUIRE(asked);
  CHECK(asked->verb == Verb::sign_off);
  CHECK(asked->up_to == 1834);
  CHECK(asked->reason == "week 48");
}

TEST_CASE("A sign-off that the helper denies is denied, a malformed one does not arrive") {
  FakeHelper helper({ReplyEnd{Outcome::denied, "only root", {}, {}}});
  CHECK(run(helper, "1", false).status == 3);
  for (const char* up_to : {"", "0", "-1", "x", "1x", "99999999999999999999", "4294967296"}) {
    CAPTURE(up_to);
    FakeHelper nobody({ReplyEnd{Outcome::done, {}, {}, {}}});
    CHECK(run(nobody, up_to).status == 2);
    CHECK_FALSE(nobody.asked());
  }
}
