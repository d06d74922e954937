// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/review/report.h"

namespace modgate {

/// What a report is about, in words: nothing in it can be told from the events.
struct ReportHeading {
  std::string selection;  ///< the options that select events, as typed; empty: all
  std::string source;     ///< which logs, or that they are the caller's own records
  std::string made;       ///< RFC 3339
};

/// For people: printable, with a newline after every line. Long tables are cut.
std::string report_text(const Report& report, const ReportHeading& heading);

/// One object on one line, everything in it.
std::string report_json(const Report& report, const ReportHeading& heading);

/// One HTML page that needs nothing else: no script or style from elsewhere, and its own are the
/// only ones that a browser runs (Content-Security-Policy). Everything from the events is text.
std::string report_html(const Report& report, const ReportHeading& heading);

}  // namespace modgate
