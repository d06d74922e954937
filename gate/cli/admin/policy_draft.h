// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// A copy of one policy file, beside it under a hidden name that no helper reads, to be edited and
/// then put in its place in one step. While it lives nobody else can edit the same directory's
/// files this way.
class PolicyDraft {
 public:
  /// `path` is a policy file that root owns, or a new one in a directory that only root can write.
  static Result<PolicyDraft> open(const std::string& path);

  PolicyDraft(PolicyDraft&&) noexcept = default;
  PolicyDraft& operator=(PolicyDraft&&) noexcept = default;
  PolicyDraft(const PolicyDraft&) = delete;
  PolicyDraft& operator=(const PolicyDraft&) = delete;

  /// What the policy file holds; empty for a new one.
  [[nodiscard]] const std::string& before() const noexcept { return before_; }
  /// Where the copy is, for an editor.
  [[nodiscard]] std::string path() const { return directory_path_ + '/' + draft_; }
  /// What the copy holds now. An editor may have replaced it: it is opened anew, never through a
  /// link.
  Result<std::string> text() const;

  /// Keeps the policy file that is there as NAME.~1~, older ones as NAME.~2~ to ~5~, and puts the
  /// draft, as it was checked, in its place: root's, mode 0644, on disk before the name changes.
  Status install(const std::string& checked);
  /// Takes the copy away again.
  Status discard();

 private:
  PolicyDraft(Fd directory, std::string directory_path, std::string name, std::string draft,
              std::string before)
      : directory_(std::move(directory)),
        directory_path_(std::move(directory_path)),
        name_(std::move(name)),
        draft_(std::move(draft)),
        before_(std::move(before)) {}
  Status keep_old_versions();

  Fd directory_;
  std::string directory_path_;
  std::string name_;
  std::string draft_;
  std::string before_;
};

}  // namespace modgate
