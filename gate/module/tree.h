// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// The running kernel's module tree.
class ModuleTree {
 public:
  /// Opens `directory`: a tree itself (it holds modules.dep.bin) or the parent of one tree a
  /// release (then the running kernel's is used). Empty: /lib/modules.
  static Result<ModuleTree> open(const std::string& directory);

  /// Absolute path as the administrator knows it, such as /lib/modules/6.1.0-56-cloud-amd64.
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

  /// An error (Outcome::unavailable) where the tree, or an index that libkmod reads in it, could
  /// have been written by others than root: libkmod does not withstand hostile ones.
  [[nodiscard]] Status check_indexes() const;

  /// Opens the file of a module for reading, beneath the tree and without following a link on the
  /// way (openat2, RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). Refuses (Outcome::rejected) what is
  /// not a regular file that only root can have written.
  Result<Fd> open_module(const std::string& path) const;

 private:
  ModuleTree(std::string directory, Fd root)
      : directory_(std::move(directory)), root_(std::move(root)) {}
  std::string directory_;
  Fd root_;
};

}  // namespace modgate
