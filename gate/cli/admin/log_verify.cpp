// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "gate/audit/verify.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLog = "/var/log/modgate";

std::string json_text(const Verified& verified) {
  Json body;
  body["whole"] = !verified.broken;
  body["records"] = verified.records;
  body["last"] = verified.last;
  body["head"] = verified.head;
  if (verified.removed) {
    body["removed"] = {{"through", verified.removed->through},
                       {"recorded_in", verified.removed->recorded_in}};
  }
  if (verified.broken) {
    body["broken"] = {{"sequence", verified.broken->sequence},
                      {"damage", word(verified.broken->damage)},
                      {"segment", verified.broken->segment},
                      {"line", verified.broken->line},
                      {"message", verified.broken->message}};
  }
  return Json{{"verify", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string plain_text(const Verified& verified) {
  std::string text = std::to_string(verified.records) + " records are whole and in order";
  if (verified.records > 0) {
    text += ", up to #" + std::to_string(verified.last) + "\nhead " + verified.head;
  }
  if (verified.removed) {
    text += "\nrecords #1 to #" + std::to_string(verified.removed->through) +
            " were removed by retention, recorded in record #" +
            std::to_string(verified.removed->recorded_in);
  }
  if (!verified.broken) return text;
  const BrokenRecord& broken = *verified.broken;
  return text + "\nrecord #" + std::to_string(broken.sequence) + " is " + word(broken.damage) +
         ": " + printable(broken.message) + " (" + printable(broken.segment) + ", line " +
         std::to_string(broken.line) + ')';
}

int log_verify(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(Error{Outcome::usage, "log verify takes options alone"});
  }
  const std::string path = line.given.contains("from") ? line.option("from") : kLog;
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    const std::string advice =
        errno == EACCES ? "; members of the group modgate-audit may read it" : "";
    return output.refuse(Error{
        Outcome::failed, "cannot open " + path + ": " + std::strerror(errno) + advice, errno});
  }
  auto verified = verify_log(directory.get());
  if (!verified) return output.refuse(verified.error());
  auto shown = output.line(line.json ? json_text(*verified) : plain_text(*verified));
  if (!shown) return output.refuse(shown.error());
  return verified->broken ? 1 : 0;
}

}  // namespace

Command log_verify_command() {
  return {"log verify",
          "[--from DIR]",
          "Proves that nothing between the first and the last record of the log was changed, and "
          "names\n"
          "the first record that is broken and how. Exit status 0 only if all is well. The chain "
          "alone\n"
          "does not show that records at its end are all there: keep the head elsewhere.\n\n"
          "  modgate log verify",
          false,
          {{"from", "DIR", "another log than /var/log/modgate"}},
          log_verify};
}

}  // namespace modgate
