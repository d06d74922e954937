// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/review_command_line.h"

namespace modgate {

std::vector<CommandOption> selecting_options() {
  return {
      {"user", "NAME", "who asked: a name or a uid"},
      {"role", "ROLE", "under which role"},
      {"module", "MODULE", "any module of a plan"},
      {"action", "ACTION", "load or unload"},
      {"outcome", "KIND", "done, failed, denied, unauthenticated, rejected, unavailable, unknown"},
      {"since", "TIME", "from then on"},
      {"until", "TIME", "before then"},
      {"host", "HOST", "on which machine"},
      {"where", "EXPR", "fields compared, with and, or, not and parentheses"},
      {"from", "DIR", "another log than this machine's, or a folder of logs; may be repeated",
       true},
      {"no-index", nullptr, "read the whole log, with no index"}};
}

std::vector<CommandOption> log_options() {
  std::vector<CommandOption> options = selecting_options();
  for (const CommandOption& option : std::vector<CommandOption>{
           {"last", "N", "only the last N; also -n N"},
           {"follow", nullptr, "go on with what comes"},
           {"group-by", "FIELD,...", "count requests by fields"},
           {"csv", nullptr, "all fields, as RFC 4180"},
           {"ocsf", "VERSION", "1.1: for what reads no later OCSF than that"},
           {"ecs", nullptr, "Elastic Common Schema"},
           {"cursor", "FILE", "go on where the last export with FILE ended"}}) {
    options.push_back(option);
  }
  return options;
}

std::vector<CommandOption> sign_off_options() {
  return {{"up-to", "N", "the sequence number of the last record that you have read"}};
}

std::vector<CommandOption> report_options() {
  std::vector<CommandOption> options = selecting_options();
  options.push_back({"html", "FILE", "as one page; - is standard output"});
  return options;
}

}  // namespace modgate
