// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// What the kernel says a process is and may do: the lines of /proc/PID/status (proc(5)) that
/// privilege depends on.
struct ProcessStatus {
  std::array<uid_t, 4> uids{};  ///< real, effective, saved, file system
  std::array<gid_t, 4> gids{};
  std::vector<gid_t> groups;  ///< in the kernel's order, which is ascending
  std::uint64_t threads = 0;
  std::uint64_t signals_ignored = 0;  ///< bit n-1 for signal n
  std::uint64_t signals_caught = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t permitted = 0;
  std::uint64_t effective = 0;
  std::uint64_t bounding = 0;
  std::uint64_t ambient = 0;
  std::uint64_t no_new_privs = 0;
  std::uint64_t seccomp = 0;  ///< 2: filtered
};

/// Takes the text apart. An error when one of the lines is missing, stands there twice, or is not
/// of the form that the kernel writes: nothing is ever taken for 0.
Result<ProcessStatus> parse_process_status(std::string_view text);

/// Reads from an open /proc/PID/status, from its start: the state of that process now, even where a
/// filter no longer lets it be opened. More than 64 KiB is an error.
Result<ProcessStatus> read_process_status(int status_file);

/// Done when `seen` is `wanted` in everything; else an error that names the first line that is not.
Status require_same(const ProcessStatus& seen, const ProcessStatus& wanted);

}  // namespace modgate
