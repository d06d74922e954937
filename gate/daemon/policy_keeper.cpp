// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/policy_keeper.h"

#include <malloc.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "gate/config/policy_digest.h"
#include "gate/policy/parse.h"
#include "pam/service_check.h"

namespace modgate {
namespace {

/// Parsing takes more than the policy keeps, and leaves holes that every session would inherit.
void give_back_memory() {
  static_cast<void>(malloc_trim(0));  // whether there was anything to give back does not matter
}

/// Of the files and, after them, of those that they name.
std::string digest_of(std::vector<PolicySource> sources, std::vector<PolicyFile> named) {
  std::vector<PolicyFile> files;
  for (PolicySource& source : sources) {
    files.push_back({std::move(source.path), std::move(source.text)});
  }
  std::move(named.begin(), named.end(), std::back_inserter(files));
  return policy_digest(files);
}

}  // namespace

PolicyKeeper::Change PolicyKeeper::refuse(std::string trouble) {
  if (trouble == trouble_) return Change::none;
  trouble_ = std::move(trouble);
  give_back_memory();
  return Change::refused;
}

PolicyKeeper::Change PolicyKeeper::refresh() {
  std::string fingerprint = policy_fingerprint(location_);
  // The PAM services are no part of the fingerprint: while one is unsound, it is looked at again.
  const bool unchanged = fingerprint == fingerprint_ && !named_.may_have_changed();
  if (unchanged && trouble_.empty()) return Change::none;
  // The fingerprint is taken before the files are read: a change in between shows next time.
  fingerprint_ = std::move(fingerprint);
  named_ = NamedFiles();

  auto files = read_policy_files(location_);
  if (!files) return refuse(files.error().message);
  std::vector<PolicySource> sources;
  for (PolicyFile& file : *files) sources.push_back({file.path, std::move(file.text)});
  ParseOptions options;
  options.default_pam_service = default_pam_service_;
  options.read_file = [this](const std::string& path) { return named_.read(path); };
  ParsedPolicy parsed = parse_policy(sources, options);
  std::string digest = digest_of(std::move(sources), named_.take());
  if (!parsed.policy) {
    std::string trouble;
    for (const Problem& problem : parsed.problems) {
      if (problem.is_error) trouble += (trouble.empty() ? "" : "\n") + problem.text();
    }
    return refuse(std::move(trouble));
  }
  for (const std::string& service : parsed.policy->pam_services()) {
    if (auto sound = check_pam_service(service); !sound) return refuse(sound.error().message);
  }
  const bool same = policy_ != nullptr && digest == digest_ && trouble_.empty();
  policy_ = std::make_shared<const Policy>(std::move(*parsed.policy));
  digest_ = std::move(digest);
  trouble_.clear();
  give_back_memory();
  return same ? Change::none : Change::taken;
}

}  // namespace modgate
