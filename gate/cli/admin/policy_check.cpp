// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/event_source.h"
#include "gate/cli/admin/policy_files_given.h"
#include "gate/cli/admin/policy_judgement.h"
#include "gate/cli/admin/rule_usage.h"
#include "gate/cli/output.h"

namespace modgate {
namespace {

/// A warning for each rule that decided nothing since this policy is in force.
Result<std::vector<Problem>> unused_rules(const Policy& policy, const std::string& digest) {
  auto counts = count_rule_usage(kLogDirectory, digest);
  if (!counts) return counts.error();
  std::vector<Problem> problems;
  for (const Rule& rule : policy.rules()) {
    if (counts->contains(rule.ref().text())) continue;
    problems.push_back({false, *rule.file, rule.line, rule.column,
                        "this rule decided nothing since this policy is in force"});
  }
  return problems;
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
  JudgedPolicy judged = judge_policy(*given, installed);
  auto shown = show_problems(output, judged.problems);
  if (judged.is_valid() && usage) {
    auto unused = unused_rules(*judged.policy, judged.digest);
    if (!unused) return output.refuse(unused.error());
    if (shown) shown = show_problems(output, *unused);
  }
  if (shown && judged.is_valid() && !line.json) shown = output.line(summary(*judged.policy));
  if (!shown) return output.refuse(shown.error());
  return judged.is_valid() ? 0 : 1;
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
