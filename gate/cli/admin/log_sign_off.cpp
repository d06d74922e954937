// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <nlohmann/json.hpp>

#include "gate/audit/chain.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/event_source.h"
#include "gate/cli/answer_text.h"
#include "gate/cli/ask.h"
#include "gate/cli/review_command_line.h"
#include "gate/review/numbered_line.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string signed_text(const Json& answer) {
  const Json& signed_off = part_of(answer, "sign_off");
  return text_of(signed_off, "user") + " has read the log up to #" + text_of(signed_off, "up_to") +
         ", record " + text_of(signed_off, "record");
}

/// 0 where it was not given.
Result<std::uint64_t> up_to_of(const CommandLine& line) {
  if (!line.given.contains("up-to")) return std::uint64_t{0};
  const std::string text = line.option("up-to");
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number == 0) {
    return Error{Outcome::usage, "--up-to takes the sequence number of a record, from 1 on"};
  }
  return number;
}

/// What is signed: the record and, where the log can be read, its line.
Result<Request> request_of(const CommandLine& line, std::uint64_t up_to) {
  Request request;
  request.verb = Verb::sign_off;
  request.up_to = up_to;
  if (line.socket) {
    if (up_to > 0) return request;
    return Error{Outcome::usage, "with --socket, --up-to says which record"};
  }
  auto log = open_log(kLogDirectory);
  if (!log) {
    // Whoever may not read the log may not sign it off either: that is the helper's to say.
    if (up_to > 0) return request;
    return Error{Outcome::denied, log.error().message};
  }
  auto found = find_numbered(*log, up_to);
  if (!found) return found.error();
  request.up_to = found->sequence;
  request.up_to_line = chain_hash(found->line);
  return request;
}

int log_sign_off(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(Error{Outcome::usage, "log sign-off takes options alone"});
  }
  auto up_to = up_to_of(line);
  if (!up_to) return output.refuse(up_to.error());
  auto request = request_of(line, *up_to);
  if (!request) return output.refuse(request.error());
  return ask(line, std::move(*request), {}, signed_text);
}

}  // namespace

Command log_sign_off_command() {
  return {"log sign-off",
          "[--up-to N] [-r TEXT]",
          "Records in the audit log that you have read it up to a record, or to its end, with the "
          "digest of\n"
          "that record as you see it. Members of modgate-audit and root may.\n\n"
          "  modgate log sign-off --up-to 1834 -r 'week 48'",
          true,
          sign_off_options(),
          log_sign_off};
}

}  // namespace modgate
