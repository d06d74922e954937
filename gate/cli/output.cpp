// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/output.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "gate/client/printable.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// Colour only on a terminal and never with NO_COLOR (no-color.org).
bool may_colour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && ::isatty(descriptor) == 1;
}

std::string kind_text(Outcome outcome) {
  const std::string kind = word(outcome);
  return may_colour(STDERR_FILENO) ? "\x1b[1;31m" + kind + "\x1b[0m" : kind;
}

}  // namespace

Status Output::line(std::string_view text) {
  std::cout << text << '\n';
  if (!std::cout.flush()) {
    return Error{Outcome::failed, "standard output cannot be written"};
  }
  return Done{};
}

void Output::remark(std::string_view text) {
  // A remark that cannot be shown changes nothing.
  if (!json_) std::cerr << "modgate: " << text << '\n';
}

int Output::refuse(const ReplyEnd& end) {
  const int status = static_cast<int>(end.outcome);
  if (json_) {
    Json error;
    error["status"] = status;
    error["kind"] = word(end.outcome);
    error["message"] = end.message;
    error["rule"] = or_null(end.rule);
    error["record"] = or_null(end.record);
    // Where even this cannot be written, the exit status still tells.
    static_cast<void>(
        line(Json{{"error", error}}.dump(-1, ' ', false, Json::error_handler_t::replace)));
    return status;
  }
  std::cerr << "modgate: " << kind_text(end.outcome) << ": " << printable(end.message);
  if (!end.rule.empty()) std::cerr << " (" << printable(end.rule) << ')';
  std::cerr << '\n';
  if (end.outcome == Outcome::denied) remark("what you may do says: modgate list");
  if (!end.record.empty()) remark("record " + printable(end.record));
  return status;
}

int Output::refuse(const Error& error) {
  return refuse(ReplyEnd{error.outcome, error.message, error.rule, {}});
}

}  // namespace modgate
