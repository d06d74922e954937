// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace modgate::sample {

/// What a case has to do with one kind of process. It lies in a file that the case makes before it
/// starts the helper, and that the listener maps before it drops anything: a process that may no
/// longer call the kernel for it still reads and writes there. cases/compartments.py has the same.
struct Probe {
  enum State : std::uint32_t { idle, armed, waiting, released, trying, survived };

  std::atomic<std::uint32_t> state{idle};
  std::int32_t pid = 0;
  /// Whether copies of the process make its forbidden calls: those of a process with an allow-list
  /// when it is confined, which may be long before its moment.
  std::uint32_t copies = 0;
  char process[24] = {};
  /// A forbidden call that the process makes at its moment; empty: it waits there, to be looked at.
  char attempt[64] = {};
  /// Lines `name=value`: the profile, what the process alone can see of itself, and how the copies
  /// ended.
  char report[16384 - 100] = {};
};
static_assert(sizeof(Probe) == 16384);

/// To be called where `process` is most privileged; in any other process, and where the case did
/// not ask for it, nothing happens.
void at_most_privileged_moment(std::string_view process);

}  // namespace modgate::sample
