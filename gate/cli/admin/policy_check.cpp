// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/policy_files_given.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"
#include "pam/service_check.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string json_text(const Problem& problem) {
  Json body;
  body["severity"] = problem.is_error ? "error" : "warning";
  body["file"] = problem.file;
  body["line"] = problem.line;
  body["column"] = problem.column;
  body["message"] = problem.message;
  return Json{{"problem", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The services that PAM would be asked for are part of the policy: it does not take effect with
/// one that is unsound.
void check_services(const Policy& policy, const std::string& file, std::vector<Problem>& problems) {
  for (const std::string& service : policy.pam_services()) {
    auto sound = check_pam_service(service);
    if (!sound) problems.push_back({true, file, 1, 1, sound.error().message});
  }
}

int policy_check(const CommandLine& line) {
  Output output(line.json);
  auto sources = line.words.empty() ? installed_policy() : policy_of_files(line.words);
  if (!sources) return output.refuse(sources.error());
  ParsedPolicy parsed = parse_policy(*sources);
  if (parsed.policy && line.words.empty()) {
    check_services(*parsed.policy, sources->front().path, parsed.problems);
  }
  std::size_t errors = 0;
  for (const Problem& problem : parsed.problems) {
    errors += problem.is_error ? 1 : 0;
    auto shown = output.line(line.json ? json_text(problem) : printable(problem.text()));
    if (!shown) return output.refuse(shown.error());
  }
  if (errors > 0 || !parsed.policy) return 1;
  if (!line.json) {
    const Policy& policy = *parsed.policy;
    auto shown = output.line("the policy is valid: " + std::to_string(policy.roles().size()) +
                             " roles, " + std::to_string(policy.rules().size()) + " rules");
    if (!shown) return output.refuse(shown.error());
  }
  return 0;
}

}  // namespace

Command policy_check_command() {
  return {"policy check",
          "[FILE ...]",
          "Checks the policy as the helper reads it, /etc/modgate/policy.toml and policy.d, with "
          "the PAM\n"
          "services that it names; or the given files as one policy. Prints each problem as\n"
          "file:line:column. Exit status 1 on an error.\n\n"
          "  modgate policy check\n"
          "  modgate policy check draft.toml",
          false,
          {},
          policy_check};
}

}  // namespace modgate
