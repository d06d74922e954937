// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modgate {

/// What /proc/PID/stat says of a process (proc(5)).
struct ProcessStat {
  pid_t pid = 0;
  std::string name;  ///< comm: raw bytes, at most 15
  pid_t parent = 0;
  pid_t session = 0;             ///< pid of the session leader; 0 where there is none
  std::uint32_t terminal = 0;    ///< device number of the controlling terminal; 0: none
  std::uint64_t start_time = 0;  ///< clock ticks since boot

  friend bool operator==(const ProcessStat&, const ProcessStat&) = default;
};

/// Parses the text of /proc/PID/stat. A process chooses its own name, with spaces, line ends and
/// parentheses in it: what follows is counted from the last ')' (CVE-2017-1000367). nullopt for
/// anything but that format.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace modgate
