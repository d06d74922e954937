// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/event_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gate/audit/timestamp.h"
#include "gate/cli/answer_text.h"
#include "gate/client/printable.h"
#include "gate/review/csv.h"
#include "gate/review/exports.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

/// "2026-12-01T10:00:00Z" of "2026-12-01T10:00:00.123456789Z".
std::string to_the_second(const std::string& time) {
  const std::size_t dot = time.find('.');
  return dot == std::string::npos ? time : time.substr(0, dot) + 'Z';
}

std::string shown(EventView& event, Field field) { return printable(event.shown(field)); }

/// A cell of a table; it has no line breaks and no end.
std::vector<std::string> cells_of(const Grouping::Row& row) {
  std::vector<std::string> cells;
  for (const std::string& value : row.values) {
    cells.push_back(value.empty() ? "-" : printable(value));
  }
  cells.push_back(std::to_string(row.counted.count));
  cells.push_back(time_text(row.counted.first_ms));
  cells.push_back(time_text(row.counted.last_ms));
  return cells;
}

std::vector<std::string> heading_of(const Grouping& grouping) {
  std::vector<std::string> names;
  for (const Field field : grouping.fields()) names.emplace_back(name_of(field).name);
  names.insert(names.end(), {"count", "first", "last"});
  return names;
}

Status write_table(const Grouping& grouping, BulkOutput& output) {
  constexpr std::size_t kWidest = 60;
  std::vector<std::vector<std::string>> rows = {heading_of(grouping)};
  for (const Grouping::Row& row : grouping.rows()) rows.push_back(cells_of(row));
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t at = 0; at < row.size(); ++at) {
      widths[at] = std::max(widths[at], std::min(kWidest, row[at].size()));
    }
  }
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t at = 0; at < row.size(); ++at) text += column(row[at], widths[at]);
    text.erase(text.find_last_not_of(' ') + 1);
    if (auto written = output.line(text); !written) return written;
  }
  return Done{};
}

Status write_group_json(const Grouping& grouping, BulkOutput& output) {
  for (const Grouping::Row& row : grouping.rows()) {
    Json line;
    for (std::size_t at = 0; at < row.values.size(); ++at) {
      line["group"][std::string(name_of(grouping.fields()[at]).name)] = row.values[at];
    }
    line["count"] = row.counted.count;
    line["first"] = time_text(row.counted.first_ms);
    line["last"] = time_text(row.counted.last_ms);
    const std::string text = line.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (auto written = output.line(text); !written) return written;
  }
  return Done{};
}

Status write_group_csv(const Grouping& grouping, BulkOutput& output) {
  if (auto written = output.line(csv_record(heading_of(grouping)) + '\r'); !written) return written;
  for (const Grouping::Row& row : grouping.rows()) {
    std::vector<std::string> cells = row.values;
    cells.push_back(std::to_string(row.counted.count));
    cells.push_back(time_text(row.counted.first_ms));
    cells.push_back(time_text(row.counted.last_ms));
    if (auto written = output.line(csv_record(cells) + '\r'); !written) return written;
  }
  return Done{};
}

}  // namespace

Result<EventFormat> format_of(const CommandLine& line) {
  EventFormat format = EventFormat::text;
  int given = 0;
  const auto take = [&](bool is_given, EventFormat one) {
    if (!is_given) return;
    format = one;
    ++given;
  };
  take(line.json, EventFormat::json);
  take(line.given.contains("csv"), EventFormat::csv);
  take(line.given.contains("ecs"), EventFormat::ecs);
  if (line.given.contains("ocsf")) {
    const std::string version = line.option("ocsf");
    if (version != "1.1" && version != "1.8") {
      return Error{Outcome::usage, "--ocsf is 1.1, or 1.8 for the events as they are stored"};
    }
    take(true, version == "1.1" ? EventFormat::ocsf_core : EventFormat::json);
  }
  if (given > 1) {
    return Error{Outcome::usage, "--json, --csv, --ocsf and --ecs exclude each other"};
  }
  return format;
}

std::string time_text(std::int64_t epoch_ms) {
  return to_the_second(rfc3339_utc(epoch_ms * 1'000'000));
}

std::string event_text(EventView& event) {
  const std::string outcome = shown(event, Field::outcome);
  std::string text = column(to_the_second(shown(event, Field::time)), 20) +
                     column('#' + shown(event, Field::sequence), 6) +
                     column(outcome.empty() ? shown(event, Field::kind) : outcome, 15) +
                     column(shown(event, Field::user), 10) + shown(event, Field::message);
  if (const std::string reason = shown(event, Field::reason); !reason.empty()) {
    text += "  reason: " + reason;
  }
  if (const std::string rule = shown(event, Field::rule); !rule.empty()) text += "  (" + rule + ')';
  return text + "  " + shown(event, Field::record);
}

Status EventWriter::begin() {
  if (format_ != EventFormat::csv) return Done{};
  std::vector<std::string> names;
  for (const FieldName& field : all_fields()) names.emplace_back(field.name);
  return output_.line(csv_record(names) + '\r');
}

Status EventWriter::event(std::string_view line, EventView& event) {
  switch (format_) {
    case EventFormat::json:
      return output_.line(line);
    case EventFormat::ocsf_core:
      return output_.line(ocsf_core(event));
    case EventFormat::ecs:
      return output_.line(ecs(event, line));
    case EventFormat::csv: {
      std::vector<std::string> cells;
      for (const FieldName& field : all_fields()) cells.push_back(event.shown(field.field));
      return output_.line(csv_record(cells) + '\r');
    }
    case EventFormat::text:
      break;
  }
  return output_.line(event_text(event));
}

Status EventWriter::groups(const Grouping& grouping) {
  switch (format_) {
    case EventFormat::json:
      return write_group_json(grouping, output_);
    case EventFormat::csv:
      return write_group_csv(grouping, output_);
    default:
      return write_table(grouping, output_);
  }
}

}  // namespace modgate
