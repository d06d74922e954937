// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/policy_keeper.h"

#include <malloc.h>

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
  ParseOptions options;
  options.default_pam_service = default_pam_service_;
  options.read_file = [this](const std::string& path) { return named_.read(path); };
  ParsedPolicy parsed = parse_policy(*files, options);
  std::string digest = policy_digest(*files, named_.take());
  files->clear();  // so that their memory can be given back too
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
