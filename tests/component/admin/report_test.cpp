// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "component/admin/run_captured.h"
#include "component/review/written_log.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/report_text.h"

using namespace modgate;
using sample::Ran;
using sample::TestLog;
using Json = nlohmann::json;

namespace {

constexpr const char* kHostile = "<script>alert(1)</script>\"'&\x1b[2J";

Ran reported(const TestLog& log, const std::vector<std::pair<std::string, std::string>>& given,
             bool json = false) {
  CommandLine line;
  line.json = json;
  line.repeated["from"] = {log.directory.path().string()};
  line.given = {{"from", log.directory.path().string()}, {"no-index", ""}};
  for (const auto& [name, value] : given) line.given[name] = value;
  return sample::run_captured(report_command(), line);
}

void append_hostile(const TestLog& log) {
  auto ledger = log.open();
  REQUIRE(ledger);
  Record record = sample::record(RecordKind::refusal);
  record.outcome = Outcome::denied;
  for (std::string* text : {&record.reason, &record.user, &record.role, &record.rule,
                            &record.driver, &record.asked, &record.message}) {
    *text = kHostile;
  }
  const Peer peer = sample::alice();
  REQUIRE(ledger->append(record, &peer, sample::kCorrelation, true));
  REQUIRE(ledger->commit());
}

}  // namespace

TEST_CASE("a report in words, as JSON and as a page says the same") {
  const TestLog log;
  sample::append(log, sample::requests(30), {});
  const Ran text = reported(log, {});
  CHECK(text.status == 0);
  CHECK_THAT(text.out,
             Catch::Matchers::ContainsSubstring("30 requests: 25 done, 5 refused, 0 failed"));
  CHECK_THAT(text.out, Catch::Matchers::ContainsSubstring("30 records up to #30"));
  const Json json = Json::parse(reported(log, {}, true).out)["report"];
  CHECK(json["requests"] == 30);
  CHECK(json["refused"] == 5);
  CHECK(json["persons"].size() == 2);
  CHECK(json["persons"][0]["user"] == "bob");
  CHECK(json["persons"][0]["requests"] == 20);
  CHECK(json["last_records"].size() == 30);
  const Ran page = reported(log, {{"html", "-"}});
  CHECK_THAT(page.out, Catch::Matchers::StartsWith("<!DOCTYPE html>"));
  CHECK_THAT(page.out, Catch::Matchers::ContainsSubstring(
                           "<li class=\"refused\"><strong>5</strong>refused</li>"));
  CHECK_THAT(page.out, Catch::EndsWith("</html>\n"));
  // The same filters as `log`.
  const Json alice = Json::parse(reported(log, {{"user", "alice"}}, true).out)["report"];
  CHECK(alice["requests"] == 10);
  CHECK(alice["selection"] == "user: alice");
}

TEST_CASE("nothing from the log is markup, and nothing comes from elsewhere") {
  const TestLog log;
  append_hostile(log);
  const std::string page = reported(log, {{"html", "-"}, {"where", "reason ~ *<script>*"}}).out;
  CHECK_THAT(page, Catch::Matchers::ContainsSubstring(
                       "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\x1b[2J"));
  // One script, the page's own, and no byte of a control character.
  std::size_t scripts = 0;
  for (std::size_t at = 0; (at = page.find("<script", at)) != std::string::npos; ++at) ++scripts;
  CHECK(scripts == 1);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK_THAT(page, Catch::Matchers::ContainsSubstring("default-src 'none'"));
  for (const char* outside :
       {"http:", "https:", "src=", "@import", "url(", "<link", "<img", "onload"}) {
    CAPTURE(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  const std::string text = reported(log, {}).out;
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("<script>alert(1)</script>\"'&\\x1b[2J"));
}

TEST_CASE("a page replaces its file whole, for its owner alone") {
  const TestLog log;
  sample::append(log, sample::requests(3), {});
  const sample::TemporaryDirectory folder;
  const std::string file = (folder.path() / "report.html").string();
  sample::write_file(file, "old");
  CHECK(reported(log, {{"html", file}}).status == 0);
  CHECK_THAT(sample::read_file(file), Catch::EndsWith("</html>\n"));
  struct stat state = {};
  REQUIRE(::stat(file.c_str(), &state) == 0);
  CHECK((state.st_mode & 0777U) == 0600);
  const Ran failed = reported(log, {{"html", "/nonexistent/report.html"}});
  CHECK(failed.status == 1);
  CHECK_THAT(failed.err, Catch::Matchers::ContainsSubstring("/nonexistent/report.html"));
  CHECK(reported(log, {{"html", ""}}).status == 2);
  CHECK(reported(log, {{"html", file}}, true).status == 2);
}

TEST_CASE("a report of nothing is one") {
  const TestLog log;
  sample::append(log, sample::requests(1), {});
  const Ran text = reported(log, {{"user", "carol"}});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, Catch::Matchers::ContainsSubstring("0 requests"));
  CHECK_THAT(reported(log, {{"user", "carol"}, {"html", "-"}}).out, Catch::EndsWith("</html>\n"));
}
