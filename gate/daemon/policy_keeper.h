// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gate/config/named_files.h"
#include "gate/config/policy_files.h"
#include "gate/policy/policy.h"

namespace modgate {

/// The policy in force. Read whole and checked whole, with the lists of digests and the PAM
/// services that it names, or nothing takes effect: the last good one stays.
class PolicyKeeper {
 public:
  PolicyKeeper(PolicyLocation location, std::string default_pam_service)
      : location_(std::move(location)), default_pam_service_(std::move(default_pam_service)) {}

  enum class Change { none, taken, refused };

  /// Looks at the files again if any may have changed. `refused`: they are no longer valid, or not
  /// for the same cause, and trouble() says why.
  Change refresh();

  /// nullptr until a first valid one.
  [[nodiscard]] const Policy* policy() const noexcept { return policy_.get(); }

  /// Lower-case hex SHA-256 over the files of the policy in force, and the lists that they name.
  [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

  /// What is wrong with the files as they are now, one problem a line; empty when they are in
  /// force.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  Change refuse(std::string trouble);

  PolicyLocation location_;
  std::string default_pam_service_;
  std::string fingerprint_;
  NamedFiles named_;  ///< by the files as they were last read
  std::shared_ptr<const Policy> policy_;
  std::string digest_;
  std::string trouble_;
};

}  // namespace modgate
