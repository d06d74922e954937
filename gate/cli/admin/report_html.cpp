// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "gate/cli/admin/event_writer.h"
#include "gate/cli/admin/report_page.h"
#include "gate/cli/admin/report_text.h"
#include "gate/client/printable.h"

namespace modgate {
namespace {

constexpr std::size_t kBarPixels = 10;
constexpr std::uint64_t kBarHeight = 100;

/// Text between tags or in a quoted attribute, with control and steering characters shown.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// "sha256-…" as a Content-Security-Policy names a script or a style (W3C CSP 3). Empty, so that
/// the browser runs nothing, where libcrypto fails.
std::string source_hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "'none'";
  }
  std::array<unsigned char, std::size_t{2}* EVP_MAX_MD_SIZE> base64 = {};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return "'sha256-" + std::string(base64.begin(), base64.begin() + length) + '\'';
}

std::string head() {
  const std::string style(kReportStyle);
  const std::string policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " +
                             source_hash(kReportStyle) + "; script-src " +
                             source_hash(kReportScript);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         policy +
         "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n"
         "<title>Modgate: audit report</title>\n<style>" +
         style + "</style>\n</head>\n";
}

std::string number_item(const char* klass, std::uint64_t number, const char* what) {
  return std::string("<li class=\"") + klass + "\"><strong>" + std::to_string(number) +
         "</strong>" + what + "</li>\n";
}

std::string summary(const Report& report, const ReportHeading& heading) {
  const Tally& all = report.all();
  std::string html =
      "<h1>Modules loaded and unloaded through the gate</h1>\n<p>" + escaped(heading.source);
  if (!heading.selection.empty()) html += ", " + escaped(heading.selection);
  html += "</p>\n";
  if (all.all() > 0) {
    html += "<p>" + time_text(all.first_ms) + " to " + time_text(all.last_ms) + "</p>\n";
  }
  html += "<p class=\"soft\">Made " + escaped(heading.made) + " of " +
          std::to_string(report.records()) + " records, up to #" +
          std::to_string(report.last_sequence());
  if (const auto& last = report.sign_off()) {
    html += "; read up to #" + std::to_string(last->up_to) + " by " + escaped(last->user) + " at " +
            escaped(last->time);
  }
  return html + "</p>\n<ul class=\"numbers\">\n" + number_item("", all.all(), "requests") +
         number_item("done", all.done, "done") + number_item("refused", all.refused, "refused") +
         number_item("failed", all.failed, "failed") + "</ul>\n";
}

std::string rectangle(const char* klass, std::size_t bar, std::uint64_t from,
                      std::uint64_t height) {
  if (height == 0) return {};
  return std::string("<rect class=\"") + klass + "\" x=\"" + std::to_string(bar * kBarPixels + 1) +
         "\" y=\"" + std::to_string(kBarHeight - from - height) + "\" width=\"" +
         std::to_string(kBarPixels - 2) + "\" height=\"" + std::to_string(height) + "\"/>";
}

std::string timeline(const Report& report) {
  const auto bars = report.timeline();
  if (bars.empty()) return {};
  std::uint64_t most = 1;
  for (const Report::Bar& bar : bars) most = std::max(most, bar.tally.all());
  // What happened at all is seen.
  const auto height = [&](std::uint64_t number) {
    return number == 0 ? 0 : std::max<std::uint64_t>(1, number * (kBarHeight - 3) / most);
  };
  std::string html = "<h2>Timeline</h2>\n<svg viewBox=\"0 0 " +
                     std::to_string(bars.size() * kBarPixels) + ' ' + std::to_string(kBarHeight) +
                     "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Requests over "
                     "time\">\n";
  for (std::size_t at = 0; at < bars.size(); ++at) {
    const Tally& tally = bars[at].tally;
    const std::uint64_t refused = height(tally.refused);
    const std::uint64_t failed = height(tally.failed);
    html += "<g><title>" + time_text(bars[at].begin_ms) + ": " + std::to_string(tally.done) +
            " done, " + std::to_string(tally.refused) + " refused, " +
            std::to_string(tally.failed) + " failed</title>" +
            rectangle("refused", at, 0, refused) + rectangle("failed", at, refused, failed) +
            rectangle("done", at, refused + failed, height(tally.done)) + "</g>\n";
  }
  return html + "</svg>\n<div class=\"axis\"><span>" + time_text(bars.front().begin_ms) +
         "</span><span>" + time_text(bars.back().end_ms) + "</span></div>\n";
}

std::string heading_cell(const std::string& text, bool is_number) {
  return std::string("<th scope=\"col\"") + (is_number ? " class=\"number\"" : "") +
         "><button type=\"button\">" + escaped(text) + "</button></th>";
}

std::string cell(const std::string& text, const char* klass = "") {
  const std::string attribute = *klass == '\0' ? "" : std::string(" class=\"") + klass + '"';
  return "<td" + attribute + '>' + escaped(text) + "</td>";
}

std::string table(const Report::Table& one) {
  std::string title = one.name;
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  std::string html =
      "<h2>" + title + "</h2>\n<div class=\"wide\"><table id=\"" + one.name + "\"><thead><tr>";
  for (const std::string& heading : one.headings) html += heading_cell(heading, false);
  for (const char* heading : {"requests", "done", "refused", "failed"}) {
    html += heading_cell(heading, true);
  }
  html += heading_cell("first", false) + heading_cell("last", false) + "</tr></thead>\n<tbody>\n";
  for (const Report::Row& row : one.rows) {
    html += "<tr>";
    for (const std::string& key : row.key) html += cell(key.empty() ? "-" : key);
    const Tally& tally = row.tally;
    for (const std::uint64_t number : {tally.all(), tally.done, tally.refused, tally.failed}) {
      html += cell(std::to_string(number), "number");
    }
    html += cell(time_text(tally.first_ms), "fixed") + cell(time_text(tally.last_ms), "fixed") +
            "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (one.rest > 0) {
    html += "<p class=\"soft\">" + std::to_string(one.rest) + " more requests are in no row.</p>\n";
  }
  return html;
}

const char* colour_of(const std::string& outcome) {
  if (outcome.empty()) return "";
  if (outcome == "done") return "done";
  const bool refused = outcome == "denied" || outcome == "unauthenticated" || outcome == "rejected";
  return refused ? "refused" : "failed";
}

std::string records(const Report& report) {
  std::string html = "<h2>Records</h2>\n";
  if (report.listed().size() == Report::kMostListed) {
    html += "<p class=\"soft\">The last " + std::to_string(Report::kMostListed) +
            " of them, intents left out.</p>\n";
  }
  html += "<div class=\"wide\"><table id=\"records\"><thead><tr>";
  for (const char* heading : {"time", "host", "user", "action", "module", "outcome", "rule",
                              "reason", "message", "record"}) {
    html += heading_cell(heading, false);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (auto one = report.listed().rbegin(); one != report.listed().rend(); ++one) {
    html += "<tr>" + cell(one->time.substr(0, 23), "fixed") + cell(one->host) + cell(one->user) +
            cell(one->what) + cell(one->module) + cell(one->outcome, colour_of(one->outcome)) +
            cell(one->rule) + cell(one->reason) + cell(one->message) + cell(one->record, "fixed") +
            "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string report_html(const Report& report, const ReportHeading& heading) {
  std::string html = head() + "<body>\n" + summary(report, heading) + timeline(report) +
                     "<div class=\"find\"><input id=\"search\" type=\"search\" "
                     "placeholder=\"Search all tables\" aria-label=\"Search all tables\">"
                     "<span id=\"found\" class=\"soft\" role=\"status\"></span></div>\n";
  for (const Report::Table& one : report.tables()) html += table(one);
  html += records(report);
  return html + "<script>" + std::string(kReportScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace modgate
