// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/ask.h"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "component/cli/fake_helper.h"
#include "gate/cli/commands.h"

using namespace modgate;
using namespace std::string_literals;
using sample::FakeHelper;
using sample::Ran;

using Json = nlohmann::ordered_json;

namespace {

CommandLine words(std::vector<std::string> given) {
  CommandLine line;
  line.words = std::move(given);
  line.interactive = false;
  return line;
}

std::vector<Reply> done() {
  return {ReplyPart{R"({"loaded":["tun"],"record":"id"})", true},
          ReplyEnd{Outcome::done, {}, {}, {}}};
}

}  // namespace

TEST_CASE("What is asked arrives as it was typed") {
  FakeHelper helper(done());
  CommandLine line = words({"tun", "a=1", "b=", "c=d=e"});
  line.reason = "why";
  CHECK(sample::run(load_command(), line, helper.path()).status == 0);
  const auto asked = helper.asked();
  REQUIRE(asked);
  CHECK(asked->verb == Verb::load);
  CHECK(asked->modules == std::vector{"tun"s});
  CHECK(asked->parameters == std::vector<Parameter>{{"a", "1"}, {"b", ""}, {"c", "d=e"}});
  CHECK(asked->reason == "why");
  CHECK_FALSE(asked->interactive);
  CHECK_FALSE(asked->handed_over);
  CHECK(helper.descriptors() == 0);
}

TEST_CASE("An argument with a slash is a file and is handed over open; any other is a name") {
  const sample::TemporaryFolder folder;
  std::ofstream(folder.at("mydrv.ko")) << "module";
  struct Row {
    Command command;
    Verb verb;
  };
  for (const Row& row : {Row{load_command(), Verb::load}, Row{reload_command(), Verb::reload},
                         Row{plan_load_command(), Verb::plan_load}}) {
    CAPTURE(row.command.name);
    FakeHelper helper(done());
    const Ran ran = sample::run(row.command, words({folder.at("mydrv.ko"), "a=1"}), helper.path());
    CHECK(ran.status == 0);
    const auto asked = helper.asked();
    REQUIRE(asked);
    CHECK(asked->verb == row.verb);
    CHECK(asked->handed_over);
    CHECK(asked->modules.empty());
    CHECK(asked->file_label == folder.at("mydrv.ko"));
    CHECK(helper.descriptors() == 1);
  }
  FakeHelper helper(done());
  CHECK(sample::run(load_command(), words({"mydrv.ko"}), helper.path()).status == 0);
  const auto asked = helper.asked();
  REQUIRE(asked);
  CHECK(asked->modules == std::vector{"mydrv.ko"s});
  CHECK(helper.descriptors() == 0);
}

TEST_CASE("A file that cannot be handed over ends it before anything is asked") {
  const sample::TemporaryFolder folder;
  REQUIRE(::mkfifo(folder.at("fifo.ko").c_str(), 0600) == 0);
  struct Row {
    std::string file;
    int status;
  };
  for (const Row& row :
       {Row{folder.at("missing.ko"), 1}, Row{folder.at("fifo.ko"), 5}, Row{folder.path(), 5}}) {
    CAPTURE(row.file);
    FakeHelper helper(done());
    const Ran ran = sample::run(load_command(), words({row.file}), helper.path());
    CHECK(ran.status == row.status);
    CHECK_THAT(ran.err, Catch::Matchers::ContainsSubstring(row.file));
    CHECK_FALSE(helper.asked());
  }
}

TEST_CASE("A malformed request ends with usage before anybody is connected to") {
  struct Row {
    Command command;
    CommandLine line;
  };
  CommandLine long_reason = words({"tun"});
  long_reason.reason = std::string(Limits::reason_bytes + 1, 'r');
  CommandLine bad_reason = words({"tun"});
  bad_reason.reason = "\xff";
  const Row rows[] = {
      {load_command(), words({})},
      {load_command(), words({""})},
      {load_command(), words({"tun", "veth"})},
      {load_command(), words({"tun", "=1"})},
      {load_command(), words({"tun", "a b=1"})},
      {load_command(), words({"a b"})},
      {load_command(), words({"tun\n"})},
      {load_command(), words({std::string(Limits::module_name + 1, 'm')})},
      {load_command(), words({std::string(65536, 'm')})},
      {load_command(), words({"tun", "a=" + std::string(65536, 'v')})},
      {load_command(), words({"./" + std::string(65536, 'm')})},
      {load_command(), long_reason},
      {load_command(), bad_reason},
      {reload_command(), words({})},
      {reload_command(), words({"tun"})},
      {unload_command(), words({})},
      {unload_command(), words({"./tun.ko"})},
      {unload_command(), words(std::vector(Limits::plan_modules + 1, "tun"s))},
      {plan_load_command(), words({})},
      {plan_unload_command(), words({})},
      {status_command(), words({""})},
      {list_command(), words({"./tun.ko"})},
      {policy_test_command(), words({"tun"})},
      {policy_test_command(), words({"load"})},
      {policy_test_command(), words({"load", "./tun.ko"})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command.name, row.line.words.size());
    // Nobody is there: whoever connects is told so with status 6.
    const Ran ran = sample::run(row.command, row.line, "/nonexistent/gate.sock");
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::Matchers::StartsWith("modgate: usage: "));
  }
  // And the same form without the mistake is asked.
  for (const Row& row :
       {Row{load_command(), words({"tun", "a=1"})}, Row{reload_command(), words({"./tun.ko"})},
        Row{unload_command(), words(std::vector(Limits::plan_modules, "tun"s))},
        Row{status_command(), words({})}}) {
    CAPTURE(row.command.name);
    CHECK(sample::run(row.command, row.line, "/nonexistent/gate.sock").status == 6);
  }
}

TEST_CASE("The exit status is the outcome, and a refusal is told once, in both forms") {
  for (unsigned status = 0; status <= 6; ++status) {
    CAPTURE(status);
    const auto outcome = static_cast<Outcome>(status);
    const ReplyEnd end{outcome, "no\x1b", "p.toml:12", "id"};
    FakeHelper helper({end});
    const Ran ran = sample::run(load_command(), words({"tun"}), helper.path());
    CHECK(ran.status == static_cast<int>(status));
    CHECK(ran.out.empty());
    const std::string refusal = "modgate: "s + word(outcome) + ": no\\x1b (p.toml:12)\n";
    const std::string hint =
        outcome == Outcome::denied ? "modgate: what you may do says: modgate list\n" : "";
    CHECK(ran.err == (status == 0 ? "" : refusal + hint + "modgate: record id\n"));

    FakeHelper again({end});
    CommandLine line = words({"tun"});
    line.json = true;
    const Ran json = sample::run(load_command(), line, again.path());
    CHECK(json.status == static_cast<int>(status));
    CHECK(json.err.empty());
    if (status == 0) {
      CHECK(json.out.empty());
      continue;
    }
    const Json told = Json::parse(json.out, nullptr, false);
    CHECK(told == Json({{"error",
                         {{"status", status},
                          {"kind", word(outcome)},
                          {"message", "no\x1b"},
                          {"rule", "p.toml:12"},
                          {"record", "id"}}}}));
  }
}

TEST_CASE("With --json a plan that was refused says it all itself; another refusal has an error") {
  struct Row {
    std::string answer;
    std::string last_line;
  };
  const std::string plan = R"({"plan":{"decision":"deny"}})";
  const std::string other = R"({"loaded":[]})";
  // Allowed, and then no sound module: only the end says why.
  const std::string allowed = R"({"plan":{"decision":"allow"}})";
  for (const std::string& answer : {plan, other, allowed}) {
    CAPTURE(answer);
    FakeHelper helper({ReplyPart{answer, true}, ReplyEnd{Outcome::denied, "no", {}, {}}});
    CommandLine line = words({"tun"});
    line.json = true;
    const Ran ran = sample::run(plan_load_command(), line, helper.path());
    CHECK(ran.status == 3);
    CHECK((ran.out == answer + '\n') == (answer == plan));
    CHECK_THAT(ran.out, Catch::Matchers::StartsWith(answer + '\n'));
  }
}

TEST_CASE("Bytes that are no UTF-8 leave an error that is JSON still") {
  CommandLine line = words({"\xff\xfe", "no parameter\xff"});
  line.json = true;
  const Ran ran = sample::run(load_command(), line, "/nonexistent/gate.sock");
  CHECK(ran.status == 2);
  CHECK_FALSE(Json::parse(ran.out, nullptr, false).is_discarded());
}

TEST_CASE("Without a terminal to prompt at nothing is prompted, and the status is 4") {
  FakeHelper helper(
      {ReplyPrompt{ReplyPrompt::Style::secret, "Password: "}, ReplyEnd{Outcome::done, {}, {}, {}}});
  const Ran ran = sample::run(load_command(), words({"tun"}), helper.path());
  CHECK(ran.status == 4);
  CHECK_THAT(ran.err, Catch::Matchers::StartsWith("modgate: unauthenticated: "));
}

TEST_CASE("Standard output that cannot be written is a failure, not a success") {
  FakeHelper helper(done());
  const Command command = load_command();
  CommandLine line = words({"tun"});
  line.command = &command;
  line.socket = helper.path();
  const std::ostringstream err;
  std::streambuf* err_before = std::cerr.rdbuf(err.rdbuf());
  // A stream without a buffer takes nothing.
  std::streambuf* out_before = std::cout.rdbuf(nullptr);
  const int status = command.run(line);
  std::cout.rdbuf(out_before);
  std::cerr.rdbuf(err_before);
  CHECK(status == 1);
  CHECK_THAT(err.str(), Catch::Matchers::ContainsSubstring("standard output"));
}
