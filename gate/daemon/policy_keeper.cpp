// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/policy_keeper.h"

#include <malloc.h>
#include <openssl/sha.h>

#include <utility>
#include <vector>

#include "gate/answers.h"
#include "gate/policy/parse.h"
#include "pam/service_check.h"

namespace modgate {
namespace {

std::string digest_text(const std::vector<PolicyFile>& files) {
  std::string all;
  for (const PolicyFile& file : files) {
    // Lengths keep a byte from moving between two files unseen.
    all += file.path + '\n' + std::to_string(file.text.size()) + '\n' + file.text;
  }
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  return hex(digest);
}

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
  if (fingerprint == fingerprint_ && trouble_.empty()) return Change::none;
  // The fingerprint is taken before the files are read: a change in between shows next time.
  fingerprint_ = std::move(fingerprint);

  auto files = read_policy_files(location_);
  if (!files) return refuse(files.error().message);
  std::string digest = digest_text(*files);
  std::vector<PolicySource> sources;
  for (PolicyFile& file : *files) sources.push_back({file.path, std::move(file.text)});
  ParseOptions options;
  options.default_pam_service = default_pam_service_;
  ParsedPolicy parsed = parse_policy(sources, options);
  sources.clear();
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
