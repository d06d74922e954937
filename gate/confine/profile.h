// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/capability.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modgate {

/// Which system calls a compartment keeps. `floor` is what every process here has: all but what
/// none of them ever needs. Any other is an allow-list, and never for uid 0.
enum class Filter : std::uint8_t { floor, front, recorder, inspector, loader, reader };

/// What a descriptor that a process is given is.
enum class Given : std::uint8_t {
  channel,  ///< a socket
  image,    ///< a file in memory; where the kernel wants the file itself, that
  anything  ///< a stranger's: even to ask what it is may take for ever (a file system of its own)
};

/// What one kind of process may do. Applied whole and proven, or the process dies. A limit that the
/// parent has already tighter stays as it is.
struct Profile {
  std::string name;  ///< "front", "loader", ...: also the process's name
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  std::vector<gid_t> groups;  ///< supplementary groups; empty: none
  /// What it is given besides its channel to the parent, in this order, and then any number of
  /// those. Nothing else is open when it begins.
  std::vector<Given> given;
  std::optional<Given> then_any_number_of;
  /// Permitted and effective; all other sets end empty, but see may_fork.
  std::vector<cap_value_t> keep;
  /// Only for the session: user, groups and permitted as the parent's, effective none, bounding set
  /// and securebits untouched.
  bool keeps_parent_capabilities = false;
  Filter filter = Filter::floor;
  /// alarm(2), armed before confinement; 0: lives with its parent.
  std::chrono::seconds deadline{0};
  std::uint64_t cpu_seconds = 0;     ///< RLIMIT_CPU; 0: unlimited
  std::uint64_t max_files = 64;      ///< RLIMIT_NOFILE
  std::uint64_t max_memory = 0;      ///< RLIMIT_AS in bytes; 0: unlimited
  std::uint64_t max_file_bytes = 0;  ///< RLIMIT_FSIZE, which bounds memfds too; 0: unlimited
  /// Else RLIMIT_NPROC 0, which does not bind uid 0. Who may fork may exec as well: the bounding
  /// set is then `keep`, and NOROOT sees to it that a program gains nothing but what its file may
  /// give.
  bool may_fork = false;
  /// Else 2 is /dev/null like 0 and 1 when `body` begins. Until the filter is installed it is the
  /// parent's, so that a step that fails can be told; the filter and the proof are silent.
  bool keeps_stderr = false;
  int oom_score_adj = 0;  ///< raised only; 0: as the parent
};

}  // namespace modgate
