// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/review_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "gate/review/moment_text.h"
#include "gate/wire/request_codec.h"

namespace modgate {
namespace {

constexpr std::array<std::pair<const char*, std::string LogQuery::*>, 6> kTexts = {{
    {"user", &LogQuery::user},
    {"role", &LogQuery::role},
    {"module", &LogQuery::module},
    {"action", &LogQuery::action},
    {"outcome", &LogQuery::outcome},
    {"host", &LogQuery::host},
}};

Result<std::int64_t> moment_of(const CommandLine& line, const char* option) {
  if (!line.given.contains(option)) return std::int64_t{0};
  return parse_moment(line.option(option), now_ms());
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

Status take_times(const CommandLine& line, LogQuery& query) {
  auto since = moment_of(line, "since");
  if (!since) return since.error();
  query.since_ms = *since;
  auto until = moment_of(line, "until");
  if (!until) return until.error();
  // 0 would be no end at all.
  if (line.given.contains("until")) query.until_ms = std::max<std::int64_t>(1, *until);
  return Done{};
}

/// The helper would refuse it in the same words; so they hold wherever the log is read.
Status check_form(const LogQuery& query) {
  Request request;
  request.verb = Verb::log;
  request.log = query;
  auto understood = decode_request(encode_request(request));
  if (!understood) return understood.error();
  return Done{};
}

}  // namespace

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<ReviewOptions> review_options_of(const CommandLine& line) {
  ReviewOptions options;
  if (auto taken = take_words(line, options.query); !taken) return taken.error();
  if (auto taken = take_times(line, options.query); !taken) return taken.error();
  if (auto formed = check_form(options.query); !formed) return formed.error();
  if (line.given.contains("where")) {
    auto where = Where::parse(line.option("where"), now_ms());
    if (!where) return where.error();
    options.where = std::move(*where);
  }
  options.from = line.options("from");
  options.use_index = !line.given.contains("no-index");
  if (!options.from.empty() && line.socket) {
    return Error{Outcome::usage, "--from reads logs and --socket asks a helper: one of them"};
  }
  return options;
}

Result<std::uint64_t> last_of(const CommandLine& line) {
  if (!line.given.contains("last")) return std::uint64_t{0};
  const std::string last = line.option("last");
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(last.data(), last.data() + last.size(), number);
  if (error != std::errc() || stop != last.data() + last.size() || number == 0) {
    return Error{Outcome::usage, "-n takes a number from 1 on"};
  }
  return std::uint64_t{number};
}

}  // namespace modgate
