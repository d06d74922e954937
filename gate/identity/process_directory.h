// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gate/identity/process_stat.h"
#include "modgate/handle.h"

namespace modgate {

/// /proc/PID of one process, held open: once that process is gone, everything read here fails, and
/// never tells of another process with the same number.
class ProcessDirectory {
 public:
  /// nullopt where there is no such process, or no /proc.
  static std::optional<ProcessDirectory> open(pid_t pid);

  /// nullopt for anything that is not the stat of this pid.
  [[nodiscard]] std::optional<ProcessStat> stat() const;
  /// The effective uid now.
  [[nodiscard]] std::optional<uid_t> effective_uid() const;
  /// nullopt while unset, and where the kernel has no audit.
  [[nodiscard]] std::optional<std::uint32_t> login_uid() const { return audit_id("loginuid"); }
  [[nodiscard]] std::optional<std::uint32_t> audit_session() const { return audit_id("sessionid"); }

 private:
  ProcessDirectory(Fd directory, pid_t pid) : directory_(std::move(directory)), pid_(pid) {}
  [[nodiscard]] std::optional<std::string> read(const char* name) const;
  [[nodiscard]] std::optional<std::uint32_t> audit_id(const char* name) const;

  Fd directory_;
  pid_t pid_;
};

}  // namespace modgate
