// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/report_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gate/cli/admin/event_writer.h"
#include "gate/cli/answer_text.h"
#include "gate/client/printable.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRowsOfText = 20;
constexpr std::size_t kRefusalsOfText = 20;
constexpr std::size_t kWidestKey = 48;
constexpr std::size_t kBarWidth = 50;

std::string shown_key(const std::string& text) { return text.empty() ? "-" : printable(text); }

std::string key_text(const Report::Key& key, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t at = 0; at < key.size(); ++at) {
    text += column(shown_key(key[at]), widths[at]);
  }
  return text;
}

std::string number_text(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 9 ? 9 - digits.size() : 0, ' ') + digits;
}

std::string table_text(const Report::Table& table) {
  const std::size_t rows = std::min(kRowsOfText, table.rows.size());
  std::vector<std::size_t> widths;
  for (const std::string& heading : table.headings) widths.push_back(heading.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t at = 0; at < widths.size(); ++at) {
      const std::size_t size = shown_key(table.rows[row].key[at]).size();
      widths[at] = std::max(widths[at], std::min(kWidestKey, size));
    }
  }
  std::string text =
      '\n' + key_text(table.headings, widths) + "requests     done  refused   failed\n";
  for (std::size_t row = 0; row < rows; ++row) {
    const Tally& tally = table.rows[row].tally;
    text += key_text(table.rows[row].key, widths) + number_text(tally.all()).substr(1) +
            number_text(tally.done) + number_text(tally.refused) + number_text(tally.failed) + '\n';
  }
  if (table.rows.size() > rows) {
    text += "and " + std::to_string(table.rows.size() - rows) + " more\n";
  }
  return text;
}

std::string timeline_text(const std::vector<Report::Bar>& bars) {
  std::uint64_t most = 1;
  for (const Report::Bar& bar : bars) most = std::max(most, bar.tally.all());
  std::string text = "\nfrom                  requests\n";
  for (const Report::Bar& bar : bars) {
    const std::uint64_t all = bar.tally.all();
    const std::uint64_t refused = (bar.tally.refused * kBarWidth + most - 1) / most;
    const std::uint64_t width = std::max(refused, (all * kBarWidth + most - 1) / most);
    text += column(time_text(bar.begin_ms), 20) + number_text(all).substr(1) + ' ' +
            std::string(width - refused, '#') + std::string(refused, '!') + '\n';
  }
  return text + "! refused\n";
}

std::string refusals_text(const Report& report) {
  std::string text;
  std::size_t shown = 0;
  for (auto one = report.listed().rbegin(); one != report.listed().rend(); ++one) {
    if (one->outcome.empty() || one->outcome == "done" || one->what == "start") continue;
    if (++shown > kRefusalsOfText) break;
    text += column(printable(one->time.substr(0, 19)) + 'Z', 20) +
            column(printable(one->outcome), 15) + column(shown_key(one->user), 10) +
            printable(one->message) + "  " + printable(one->record) + '\n';
  }
  return text.empty() ? text : "\nthe last that were not done\n" + text;
}

Json tally_json(const Tally& tally) {
  Json json;
  json["requests"] = tally.all();
  json["done"] = tally.done;
  json["refused"] = tally.refused;
  json["failed"] = tally.failed;
  if (tally.all() > 0) {
    json["first"] = time_text(tally.first_ms);
    json["last"] = time_text(tally.last_ms);
  }
  return json;
}

Json table_json(const Report::Table& table) {
  Json rows = Json::array();
  for (const Report::Row& row : table.rows) {
    Json json;
    for (std::size_t at = 0; at < row.key.size(); ++at) json[table.headings[at]] = row.key[at];
    json.update(tally_json(row.tally));
    rows.push_back(std::move(json));
  }
  return rows;
}

Json listed_json(const ListedEvent& one) {
  return {{"time", one.time},       {"sequence", one.sequence}, {"host", one.host},
          {"user", one.user},       {"action", one.what},       {"module", one.module},
          {"outcome", one.outcome}, {"rule", one.rule},         {"reason", one.reason},
          {"message", one.message}, {"record", one.record}};
}

}  // namespace

std::string report_text(const Report& report, const ReportHeading& heading) {
  const Tally& all = report.all();
  std::string text = "Modules loaded and unloaded through the gate\n" + printable(heading.source) +
                     (heading.selection.empty() ? "" : ", " + printable(heading.selection)) + '\n';
  text += std::to_string(all.all()) + " requests: " + std::to_string(all.done) + " done, " +
          std::to_string(all.refused) + " refused, " + std::to_string(all.failed) + " failed; " +
          std::to_string(report.records()) + " records up to #" +
          std::to_string(report.last_sequence()) + '\n';
  if (all.all() > 0) {
    text += "from " + time_text(all.first_ms) + " to " + time_text(all.last_ms) + '\n';
  }
  if (const auto& last = report.sign_off()) {
    text += "read up to #" + std::to_string(last->up_to) + " by " + printable(last->user) + " at " +
            printable(last->time.substr(0, 19)) + "Z\n";
  }
  if (all.all() == 0) return text;
  text += timeline_text(report.timeline());
  for (const Report::Table& table : report.tables()) text += table_text(table);
  return text + refusals_text(report);
}

std::string report_json(const Report& report, const ReportHeading& heading) {
  Json body;
  body["made"] = heading.made;
  body["source"] = heading.source;
  body["selection"] = heading.selection;
  body["records"] = report.records();
  body["last_sequence"] = report.last_sequence();
  body.update(tally_json(report.all()));
  if (const auto& last = report.sign_off()) {
    body["sign_off"] = {{"user", last->user},
                        {"time", last->time},
                        {"up_to", last->up_to},
                        {"reason", last->reason}};
  }
  for (const Report::Table& table : report.tables()) {
    body[table.name] = table_json(table);
    if (table.rest > 0) body[table.name + "_rest"] = table.rest;
  }
  Json bars = Json::array();
  for (const Report::Bar& bar : report.timeline()) {
    Json json = {{"from", time_text(bar.begin_ms)}, {"until", time_text(bar.end_ms)}};
    json["done"] = bar.tally.done;
    json["refused"] = bar.tally.refused;
    json["failed"] = bar.tally.failed;
    bars.push_back(std::move(json));
  }
  body["timeline"] = std::move(bars);
  Json listed = Json::array();
  for (const ListedEvent& one : report.listed()) listed.push_back(listed_json(one));
  body["last_records"] = std::move(listed);
  return Json{{"report", std::move(body)}}.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace modgate
