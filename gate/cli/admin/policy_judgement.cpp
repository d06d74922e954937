// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/policy_judgement.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "gate/cli/admin/known_names.h"
#include "gate/cli/admin/modprobe_lines.h"
#include "gate/cli/admin/policy_files_given.h"
#include "gate/cli/admin/tree_facts.h"
#include "gate/client/printable.h"
#include "gate/config/directory_names.h"
#include "gate/config/named_files.h"
#include "gate/config/policy_digest.h"
#include "gate/config/policy_files.h"
#include "gate/config/trusted_file.h"
#include "gate/policy/lint.h"
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

/// What rules call the certificates in the directory of signers, sound or not; nothing where the
/// directory is not to be seen.
std::optional<std::set<std::string>> known_signers() {
  const std::string path = PolicyLocation{}.signers;
  auto directory = open_root_owned_directory(path);
  if (!directory && directory.error().code == ENOENT) return std::set<std::string>();
  if (!directory) return std::nullopt;
  auto names = names_in(directory->get(), path);
  if (!names) return std::nullopt;
  std::set<std::string> signers;
  for (const std::string& name : *names) {
    if (name.size() <= 4 || (!name.ends_with(".pem") && !name.ends_with(".der"))) continue;
    signers.insert(name.substr(0, name.size() - 4));
  }
  return signers;
}

LintFacts facts_for(const Policy& policy) {
  LintFacts facts;
  facts.modules = modules_of_running_kernel();
  KnownNames known = known_names(policy.members());
  facts.users = std::move(known.users);
  facts.groups = std::move(known.groups);
  facts.signers = known_signers();
  facts.now = this_moment();
  return facts;
}

ParsedPolicy parse_with(const std::vector<PolicyFile>& sources, NamedFiles& named) {
  ParseOptions options;
  options.read_file = [&](const std::string& path) { return named.read(path); };
  return parse_policy(sources, options);
}

}  // namespace

bool JudgedPolicy::is_valid() const {
  return policy.has_value() && std::none_of(problems.begin(), problems.end(),
                                            [](const Problem& one) { return one.is_error; });
}

JudgedPolicy judge_policy(const std::vector<PolicyFile>& sources, bool installed) {
  NamedFiles named = named_files(installed);
  ParsedPolicy parsed = parse_with(sources, named);
  JudgedPolicy judged{std::move(parsed.policy), std::move(parsed.problems), {}};
  if (!judged.policy) return judged;
  append(judged.problems, lint(*judged.policy, facts_for(*judged.policy)));
  append(judged.problems, modprobe_lines_in_the_way(*judged.policy));
  if (installed) {
    append(judged.problems, unsound_services(*judged.policy, sources.front().path));
    std::vector<PolicyFile> further = named.take();
    append(judged.problems, ignored_files(further));
    judged.digest = policy_digest(sources, further);
  }
  return judged;
}

ParsedPolicy parse_installed(const std::vector<PolicyFile>& sources) {
  NamedFiles named = named_files(true);
  return parse_with(sources, named);
}

Circumstances this_moment() {
  Circumstances now;
  utsname names = {};
  if (::uname(&names) == 0) now.host = names.nodename;
  const std::time_t seconds = std::time(nullptr);
  now.now = seconds;
  std::tm local = {};
  if (::localtime_r(&seconds, &local) != nullptr) {
    now.weekday = local.tm_wday;
    now.minute_of_day = local.tm_hour * 60 + local.tm_min;
    now.local_seconds = seconds + local.tm_gmtoff;
  }
  return now;
}

Status show_problems(Output& output, const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    auto shown = output.line(output.is_json() ? json_text(problem) : printable(problem.text()));
    if (!shown) return shown;
  }
  return Done{};
}

}  // namespace modgate
