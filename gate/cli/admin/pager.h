// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace modgate {

/// The words of the pager that PAGER names, split at blanks; `less` where it is unset, none where
/// it is empty or `cat`.
std::vector<std::string> pager_words(const char* pager);

/// A pager between this process and the terminal. It starts no shell and no editor for its user
/// (LESSSECURE), as the reviewer may be root.
class Pager {
 public:
  /// From here on standard output goes through the pager. nullopt where standard output is no
  /// terminal, or there is no pager.
  static std::optional<Pager> start();

  Pager(Pager&& other) noexcept;
  Pager& operator=(Pager&&) = delete;
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;
  /// Waits until its user has read enough.
  ~Pager();

 private:
  explicit Pager(pid_t child) : child_(child) {}

  pid_t child_;
};

}  // namespace modgate
