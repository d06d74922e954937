// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/commands.h"
#include "gate/cli/moment_text.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, std::string LogQuery::*>, 6> kTexts = {{
    {"user", &LogQuery::user},
    {"role", &LogQuery::role},
    {"module", &LogQuery::module},
    {"action", &LogQuery::action},
    {"outcome", &LogQuery::outcome},
    {"host", &LogQuery::host},
}};

/// "2026-12-01T10:00:00Z" of "2026-12-01T10:00:00.123456789Z".
std::string to_the_second(const std::string& time) {
  const std::size_t dot = time.find('.');
  return dot == std::string::npos ? time : time.substr(0, dot) + 'Z';
}

std::string event_text(const Json& event) {
  const Json& own = part_of(part_of(event, "unmapped"), "modgate");
  const Json& metadata = part_of(event, "metadata");
  const std::string outcome = text_of(own, "outcome");
  std::string text = column(to_the_second(text_of(metadata, "original_time")), 20) +
                     column('#' + text_of(metadata, "sequence"), 6) +
                     column(outcome.empty() ? text_of(own, "kind") : outcome, 15) +
                     column(text_of(part_of(part_of(event, "actor"), "user"), "name"), 10) +
                     text_of(event, "message");
  if (const std::string reason = text_of(own, "reason"); !reason.empty()) {
    text += "  reason: " + reason;
  }
  if (const std::string rule = text_of(own, "rule"); !rule.empty()) text += "  (" + rule + ')';
  return text + "  " + text_of(metadata, "correlation_uid");
}

Result<std::int64_t> moment_of(const CommandLine& line, const char* option) {
  if (!line.given.contains(option)) return std::int64_t{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return parse_moment(line.option(option),
                      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// One of `words`, or a usage error that names them.
Status is_one_of(const char* option, const std::string& value,
                 const std::vector<std::string>& words) {
  std::string known;
  for (const std::string& word : words) {
    if (value == word) return Done{};
    known += (known.empty() ? "" : ", ") + word;
  }
  return Error{Outcome::usage, std::string("--") + option + " is one of: " + known};
}

Status take_words(const CommandLine& line, LogQuery& query) {
  for (const auto& [name, member] : kTexts) {
    if (!line.given.contains(name)) continue;
    query.*member = line.option(name);
    if ((query.*member).empty()) {
      return Error{Outcome::usage, std::string("--") + name + " is empty"};
    }
  }
  if (!query.action.empty()) {
    if (auto known = is_one_of("action", query.action, {"load", "unload"}); !known) return known;
  }
  if (query.outcome.empty()) return Done{};
  return is_one_of("outcome", query.outcome,
                   {"done", "failed", "usage", "denied", "unauthenticated", "rejected",
                    "unavailable", "unknown"});
}

Result<LogQuery> query_of(const CommandLine& line) {
  LogQuery query;
  if (auto taken = take_words(line, query); !taken) return taken.error();
  auto since = moment_of(line, "since");
  if (!since) return since.error();
  query.since_ms = *since;
  auto until = moment_of(line, "until");
  if (!until) return until.error();
  // 0 would be no end at all.
  if (line.given.contains("until")) query.until_ms = std::max<std::int64_t>(1, *until);
  if (const std::string last = line.option("last"); line.given.contains("last")) {
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(last.data(), last.data() + last.size(), number);
    if (error != std::errc() || stop != last.data() + last.size() || number == 0) {
      return Error{Outcome::usage, "-n takes a number from 1 on"};
    }
    query.last = number;
  }
  query.follow = line.given.contains("follow");
  return query;
}

int log(const CommandLine& line) {
  if (!line.words.empty()) {
    return Output(line.json).refuse(
        Error{Outcome::usage, "log takes options alone; for a module: --module " + line.words[0]});
  }
  auto query = query_of(line);
  if (!query) return Output(line.json).refuse(query.error());
  Request request;
  request.verb = Verb::log;
  request.log = std::move(*query);
  return ask(line, std::move(request), {}, event_text);
}

}  // namespace

Command log_command() {
  return {
      "log",
      "[OPTION ...]",
      "Searches the audit log. Members of modgate-audit and root see all of it, anyone else their\n"
      "own records. With --json the events as they are stored. A time is RFC 3339, YYYY-MM-DD "
      "(the\n"
      "day's beginning) or relative.\n\n"
      "  modgate log --user alice --since -7d\n"
      "  modgate log --module vxlan --outcome denied -n 20",
      false,
      {{"user", "NAME", "who asked: a name or a uid"},
       {"role", "ROLE", "under which role"},
       {"module", "MODULE", "any module of a plan"},
       {"action", "ACTION", "load or unload"},
       {"outcome", "KIND", "done, failed, denied, unauthenticated, rejected, unavailable, unknown"},
       {"since", "TIME", "from then on"},
       {"until", "TIME", "before then"},
       {"host", "HOST", "on which machine"},
       {"last", "N", "only the last N; also -n N"},
       {"follow", nullptr, "go on with what comes"}},
      log};
}

}  // namespace modgate
