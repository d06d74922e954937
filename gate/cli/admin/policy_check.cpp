// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <nlohmann/json.hpp>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/known_names.h"
#include "gate/cli/admin/modprobe_lines.h"
#include "gate/cli/admin/policy_files_given.h"
#include "gate/cli/admin/rule_usage.h"
#include "gate/cli/admin/tree_facts.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"
#include "gate/policy/lint.h"
#include "pam/service_check.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLog = "/var/log/modgate";

std::string json_text(const Problem& problem) {
  Json body;
  body["severity"] = problem.is_error ? "error" : "warning";
  body["file"] = problem.file;
  body["line"] = problem.line;
  body["column"] = problem.column;
  body["message"] = problem.message;
  return Json{{"problem", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append(std::vector<Problem>& problems, std::vector<Problem> more) {
  for (Problem& problem : more) problems.push_back(std::move(problem));
}

/// The services that PAM would be asked for are part of the policy: it does not take effect with
/// one that is unsound.
std::vector<Problem> unsound_services(const Policy& policy, const std::string& file) {
  std::vector<Problem> problems;
  for (const std::string& service : policy.pam_services()) {
    auto sound = check_pam_service(service);
    if (!sound) problems.push_back({true, file, 1, 1, sound.error().message});
  }
  return problems;
}

LintFacts facts_for(const Policy& policy) {
  LintFacts facts;
  facts.modules = modules_of_running_kernel();
  KnownNames known = known_names(policy.members());
  facts.users = std::move(known.users);
  facts.groups = std::move(known.groups);
  Circumstances now;
  const std::time_t seconds = std::time(nullptr);
  std::tm local = {};
  if (::localtime_r(&seconds, &local) != nullptr) {
    now.now = seconds;
    now.local_seconds = seconds + local.tm_gmtoff;
    facts.now = now;
  }
  return facts;
}

/// A warning for each rule that decided nothing since this policy is in force.
Result<std::vector<Problem>> unused_rules(const Policy& policy, const std::string& digest) {
  auto counts = count_rule_usage(kLog, digest);
  if (!counts) return counts.error();
  std::vector<Problem> problems;
  for (const Rule& rule : policy.rules()) {
    if (counts->contains(rule.ref().text())) continue;
    problems.push_back({false, *rule.file, rule.line, rule.column,
                        "this rule decided nothing since this policy is in force"});
  }
  return problems;
}

Status show(Output& output, const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    auto shown = output.line(output.is_json() ? json_text(problem) : printable(problem.text()));
    if (!shown) return shown;
  }
  return Done{};
}

std::string summary(const Policy& policy) {
  return "the policy is valid: " + std::to_string(policy.roles().size()) + " roles, " +
         std::to_string(policy.rules().size()) + " rules";
}

int policy_check(const CommandLine& line) {
  Output output(line.json);
  const bool installed = line.words.empty();
  const bool usage = line.given.contains("usage");
  if (usage && !installed) {
    return output.refuse(Error{Outcome::usage, "--usage is about the policy that is in force"});
  }
  auto given = installed ? installed_policy() : policy_of_files(line.words);
  if (!given) return output.refuse(given.error());
  ParsedPolicy parsed = parse_policy(given->sources);
  std::vector<Problem>& problems = parsed.problems;
  if (parsed.policy) {
    append(problems, lint(*parsed.policy, facts_for(*parsed.policy)));
    append(problems, modprobe_lines_in_the_way(*parsed.policy));
  }
  if (parsed.policy && installed) {
    append(problems, unsound_services(*parsed.policy, given->sources.front().path));
    append(problems, ignored_files());
  }
  if (parsed.policy && usage) {
    auto unused = unused_rules(*parsed.policy, given->digest);
    if (!unused) return output.refuse(unused.error());
    append(problems, std::move(*unused));
  }
  auto shown = show(output, problems);
  bool valid = parsed.policy.has_value();
  for (const Problem& problem : problems) valid = valid && !problem.is_error;
  if (shown && valid && !line.json) shown = output.line(summary(*parsed.policy));
  if (!shown) return output.refuse(shown.error());
  return valid ? 0 : 1;
}

}  // namespace

Command policy_check_command() {
  return {"policy check",
          "[--usage] [FILE ...]",
          "Checks the policy as the helper reads it, /etc/modgate/policy.toml and policy.d, with "
          "the PAM\n"
          "services that it names; or the given files as one policy. Prints each problem as\n"
          "file:line:column. Exit status 1 on an error.\n\n"
          "  modgate policy check\n"
          "  modgate policy check draft.toml",
          false,
          {{"usage", nullptr, "also the rules that decided nothing since this policy is in force"}},
          policy_check};
}

}  // namespace modgate
