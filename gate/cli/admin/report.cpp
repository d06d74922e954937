// SPDX-License-Identifier: Apache-2.0
#include "gate/review/report.h"

#include <cerrno>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/event_source.h"
#include "gate/cli/admin/event_writer.h"
#include "gate/cli/admin/pager.h"
#include "gate/cli/admin/report_text.h"
#include "gate/cli/review_command_line.h"
#include "gate/review/replace_file.h"

namespace modgate {
namespace {

/// The selecting options as they were typed.
std::string selection_text(const CommandLine& line) {
  std::string text;
  for (const CommandOption& option : selecting_options()) {
    if (option.argument == nullptr || option.repeats || !line.given.contains(option.name)) continue;
    text += (text.empty() ? "" : ", ") + std::string(option.name) + ": " + line.option(option.name);
  }
  return text;
}

std::string source_text(EventSource& source) {
  const LogReview* review = source.review();
  if (review == nullptr) return "what the helper shows you of this machine's log";
  const auto& logs = review->logs();
  if (logs.size() == 1) return "the log in " + logs.front().path;
  return std::to_string(logs.size()) + " logs, the first in " + logs.front().path;
}

Status write_out(const std::string& text, bool pages) {
  const std::optional<Pager> pager = pages ? Pager::start() : std::nullopt;
  BulkOutput output(false);
  // Its last newline is the output's.
  const std::string_view whole = text;
  auto written = output.line(whole.ends_with('\n') ? whole.substr(0, whole.size() - 1) : whole);
  return written ? output.flush() : written;
}

int report(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(Error{Outcome::usage, "report takes options alone"});
  }
  const bool html = line.given.contains("html");
  const std::string file = line.option("html");
  if (html && (file.empty() || line.json)) {
    return output.refuse(Error{Outcome::usage, "--html takes a file, and excludes --json"});
  }
  auto options = review_options_of(line);
  if (!options) return output.refuse(options.error());
  auto source = EventSource::open(line, std::move(*options), {}, output);
  if (!source) return output.refuse(source.error());
  Report made;
  auto read = source->read([&](std::string_view, EventView& event) -> Status {
    made.add(event);
    return Done{};
  });
  if (!read) return output.refuse(read.error());
  const ReportHeading heading{selection_text(line), source_text(*source), time_text(now_ms())};
  const std::string text = html        ? report_html(made, heading)
                           : line.json ? report_json(made, heading)
                                       : report_text(made, heading);
  auto written =
      html && file != "-" ? replace_file(file, text) : write_out(text, !html && !line.json);
  if (!written && written.error().code == EPIPE) return 0;
  return written ? 0 : output.refuse(written.error());
}

}  // namespace

Command report_command() {
  return {"report",
          "[OPTION ...]",
          "Summarises the audit log: how many requests, by whom, of which modules, under which "
          "rules, and\n"
          "when; with --html as one page for a browser or for paper, which needs nothing else. It "
          "counts\n"
          "what `modgate log` with the same options would show.\n\n"
          "  modgate report --since -30d\n"
          "  modgate report --since 2026-12-01 --html december.html",
          false,
          report_options(),
          report};
}

}  // namespace modgate
