// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "component/admin/run_captured.h"
#include "component/review/written_log.h"
#include "gate/cli/admin/commands.h"

using namespace modgate;
using sample::FakeHelper;
using sample::Ran;
using sample::TestLog;
using Json = nlohmann::ordered_json;
using Given = std::vector<std::pair<std::string, std::string>>;

namespace {

const ReplyEnd kDone = {Outcome::done, {}, {}, {}};

CommandLine line_with(const Given& given) {
  CommandLine line;
  line.interactive = false;
  for (const auto& [name, value] : given) {
    if (name == "json") {
      line.json = true;
    } else if (name == "from") {
      line.repeated[name].push_back(value);
      line.given[name] = value;
    } else {
      line.given[name] = value;
    }
  }
  return line;
}

/// Asks a helper that sends `answers`.
Ran asked(const Given& given, const std::vector<std::string>& answers,
          std::optional<Request>* heard = nullptr, const ReplyEnd& end = kDone) {
  std::vector<Reply> says;
  for (const std::string& answer : answers) says.push_back(ReplyPart{answer, true});
  says.push_back(end);
  FakeHelper helper(std::move(says));
  CommandLine line = line_with(given);
  line.socket = helper.path();
  Ran ran = sample::run_captured(log_command(), std::move(line));
  if (heard != nullptr) *heard = helper.asked();
  return ran;
}

/// Reads the log itself.
Ran read(const TestLog& log, Given given) {
  given.emplace_back("from", log.directory.path().string());
  given.emplace_back("no-index", "");
  return sample::run_captured(log_command(), line_with(given));
}

constexpr const char* kAnswer =
    R"({"message":"load tun","metadata":{"original_time":"2026-12-01T10:00:00.123Z","sequence":7,)"
    R"("correlation_uid":"id"},"actor":{"user":{"name":"alice"}},)"
    R"("unmapped":{"modgate":{"outcome":"denied","reason":"why\u001b[2J","rule":"p.toml:3"}}})";

}  // namespace

TEST_CASE("A search of the log arrives at the helper as it was typed, a malformed one does not") {
  struct Row {
    const char* option;
    const char* value;
    bool good;
  };
  const Row rows[] = {
      {"user", "alice", true},
      {"user", "", false},
      {"role", "netdev", true},
      {"module", "tun", true},
      {"host", "box", true},
      {"action", "load", true},
      {"action", "reload", false},
      {"outcome", "denied", true},
      {"outcome", "unknown", true},
      {"outcome", "DENIED", false},
      {"since", "-7d", true},
      {"since", "-7x", false},
      {"since", "", false},
      {"until", "2026-12-01T10:00:00Z", true},
      {"until", "soon", false},
      {"last", "20", true},
      {"last", "0", false},
      {"last", "-1", false},
      {"last", "", false},
      {"last", "4294967296", false},
      {"last", "20x", false},
      {"follow", "", true},
      {"where", "user = a", true},
      {"where", "user", false},
      {"csv", "", true},
      {"ocsf", "1.1", true},
      {"ocsf", "2", false},
      {"ecs", "", true},
      {"group-by", "user", true},
      {"group-by", "nobody", false},
      {"cursor", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.option, row.value);
    std::optional<Request> heard;
    const Ran ran = asked({{row.option, row.value}}, {}, &heard);
    CHECK(ran.status == (row.good ? 0 : 2));
    CHECK(heard.has_value() == row.good);
  }
  std::optional<Request> heard;
  CHECK(asked({{"user", "alice"}, {"until", "2026-12-01T10:00:00Z"}, {"last", "20"}}, {}, &heard)
            .status == 0);
  REQUIRE(heard);
  CHECK(heard->log.user == "alice");
  CHECK(heard->log.until_ms == 1'796'119'200'000);
  CHECK(heard->log.since_ms == 0);
  CHECK(heard->log.last == 20);
  CHECK_FALSE(heard->log.follow);
  CommandLine word = line_with({});
  word.words = {"tun"};
  CHECK(sample::run_captured(log_command(), word).status == 2);
}

TEST_CASE("An end before 1970 began is no search without an end") {
  std::optional<Request> heard;
  CHECK(asked({{"until", "-1000000000w"}}, {}, &heard).status == 0);
  REQUIRE(heard);
  CHECK(heard->log.until_ms > 0);
}

TEST_CASE("What the helper sends is shown, for people with escapes and with --json as it is") {
  const Ran text = asked({}, {kAnswer});
  CHECK(text.status == 0);
  CHECK(text.out ==
        "2026-12-01T10:00:00Z  #7      denied           alice       load tun  reason: "
        "why\\x1b[2J  (p.toml:3)  id\n");
  CHECK(asked({{"json", ""}}, {kAnswer}).out == std::string(kAnswer) + '\n');
  CHECK(asked({{"where", "outcome = done"}}, {kAnswer}).out.empty());
  CHECK(asked({{"where", "outcome = denied"}}, {kAnswer}).out == text.out);
  // The last of those that fit are told here: the helper does not know which fit.
  std::optional<Request> heard;
  const Ran last =
      asked({{"where", "outcome = denied"}, {"last", "1"}}, {kAnswer, kAnswer}, &heard);
  CHECK(last.out == text.out);
  REQUIRE(heard);
  CHECK(heard->log.last == 0);
}

TEST_CASE("What the helper refuses is told, and nonsense from it is not shown") {
  const ReplyEnd busy = {Outcome::unavailable, "too busy", {}, {}};
  const Ran refused = asked({}, {}, nullptr, busy);
  CHECK(refused.status == 6);
  CHECK(refused.err == "modgate: unavailable: too busy\n");
  for (const char* nonsense : {"", "x", "[]", "{\"a\":"}) {
    const Ran ran = asked({}, {nonsense});
    CHECK(ran.status == 6);
    CHECK(ran.out.empty());
  }
  CommandLine line = line_with({});
  line.socket = "/nonexistent/gate.sock";
  CHECK(sample::run_captured(log_command(), line).status == 6);
}

TEST_CASE("The log itself is read where --from names it") {
  const TestLog log;
  sample::append(log, sample::requests(15), {});
  const auto lines = log.all_lines();
  const Ran json = read(log, {{"json", ""}});
  CHECK(json.status == 0);
  CHECK(json.out == sample::joined(lines));
  CHECK(read(log, {{"json", ""}, {"last", "2"}}).out == lines[13] + '\n' + lines[14] + '\n');
  CHECK(read(log, {{"json", ""}, {"user", "carol"}}).out.empty());
  const Ran csv = read(log, {{"csv", ""}, {"where", "outcome = denied and user = alice"}});
  CHECK_THAT(csv.out, Catch::Matchers::StartsWith("time,sequence,kind,action,outcome,user,"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 2);
  CHECK_THAT(csv.out, Catch::EndsWith("\r\n"));
  CHECK(Json::parse(read(log, {{"ecs", ""}, {"last", "1"}}).out)["ecs"]["version"] == "8.11.0");
  CHECK(Json::parse(read(log, {{"ocsf", "1.1"}, {"last", "1"}}).out)["metadata"]["version"] ==
        "1.1.0");
  CHECK(read(log, {{"ocsf", "1.8"}, {"last", "1"}}).out == lines[14] + '\n');
}

TEST_CASE("Groups are a table, JSON or CSV") {
  const TestLog log;
  sample::append(log, sample::requests(15), {});
  const Ran table = read(log, {{"group-by", "user"}});
  CHECK(table.out ==
        "user   count  first                 last\n"
        "bob    10     2026-07-31T10:00:01Z  2026-07-31T10:00:14Z\n"
        "alice  5      2026-07-31T10:00:00Z  2026-07-31T10:00:12Z\n");
  CHECK(read(log, {{"group-by", "user"}, {"json", ""}, {"user", "bob"}}).out ==
        R"({"group":{"user":"bob"},"count":10,"first":"2026-07-31T10:00:01Z",)"
        R"("last":"2026-07-31T10:00:14Z"})"
        "\n");
  CHECK(read(log, {{"group-by", "user"}, {"csv", ""}, {"user", "bob"}}).out ==
        "user,count,first,last\r\nbob,10,2026-07-31T10:00:01Z,2026-07-31T10:00:14Z\r\n");
}

TEST_CASE("Options that contradict each other are refused") {
  const TestLog log;
  sample::append(log, sample::requests(1), {});
  for (const Given& given :
       {Given{{"json", ""}, {"csv", ""}}, Given{{"csv", ""}, {"ecs", ""}},
        Given{{"ocsf", "1.1"}, {"json", ""}}, Given{{"group-by", "user"}, {"ecs", ""}},
        Given{{"group-by", "user"}, {"follow", ""}}, Given{{"cursor", "x"}, {"follow", ""}},
        Given{{"cursor", "x"}, {"last", "1"}}}) {
    CHECK(read(log, given).status == 2);
  }
}

TEST_CASE("An export with a cursor goes on, and reads the log itself or nothing") {
  const TestLog log;
  const sample::TemporaryDirectory folder;
  const std::string file = (folder.path() / "cursor").string();
  sample::append(log, sample::requests(3), {});
  CHECK(read(log, {{"json", ""}, {"cursor", file}}).out == sample::joined(log.all_lines()));
  CHECK(read(log, {{"json", ""}, {"cursor", file}}).out.empty());
  sample::append(log, sample::requests(1), {});
  CHECK(read(log, {{"json", ""}, {"cursor", file}}).out == log.all_lines()[3] + '\n');
  const Ran denied = asked({{"cursor", file}}, {kAnswer});
  CHECK(denied.status == 3);
  CHECK(denied.out.empty());
}

TEST_CASE("A folder of logs is read as one") {
  const sample::TemporaryDirectory folder;
  const TestLog one;
  const TestLog other;
  sample::append(one, sample::requests(2), {}, sample::kFirstTime);
  sample::append(other, sample::requests(2), {}, sample::kFirstTime + 500);
  std::filesystem::create_directory_symlink(one.directory.path(), folder.path() / "a");
  std::filesystem::copy(other.directory.path(), folder.path() / "b");
  std::filesystem::create_directory(folder.path() / "empty");
  const Given given = {{"json", ""}, {"from", folder.path().string()}, {"no-index", ""}};
  const auto first = one.all_lines();
  const auto second = other.all_lines();
  CHECK(sample::run_captured(log_command(), line_with(given)).out ==
        sample::joined({first[0], second[0], first[1], second[1]}));
  for (const char* nowhere : {"/nonexistent", "/proc/self/fdinfo"}) {
    const Ran ran = sample::run_captured(log_command(), line_with({{"from", nowhere}}));
    CHECK(ran.status == 1);
    CHECK_THAT(ran.err, Catch::Matchers::ContainsSubstring(nowhere));
  }
  CommandLine both = line_with(given);
  both.socket = "/run/x";
  CHECK(sample::run_captured(log_command(), both).status == 2);
}
