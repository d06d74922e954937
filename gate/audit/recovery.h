// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/audit/chain.h"
#include "gate/audit/gate_loads.h"
#include "gate/audit/stored_event.h"
#include "modgate/result.h"

namespace modgate {

/// Where the log ends.
struct LogTail {
  std::uint64_t sequence = 0;                   ///< of the last record; 0: none yet
  std::string hash = std::string(kChainStart);  ///< of the last line
  std::string segment;                          ///< the last one; empty: none yet
  std::uint64_t segment_bytes = 0;
};

/// What is found when the log is opened.
struct Recovered {
  LogTail tail;
  std::vector<StoredEvent> open_intents;  ///< without outcome, in their order
  GateLoads loads;                        ///< of the boot that was asked for
  std::vector<std::string> mended;        ///< a sentence for each torn line that was moved away
  std::uint64_t read_from = 0;            ///< first record that was read back; 0: there is none
  std::int64_t last_ms = 0;               ///< when the last record was written; 0: there is none
  bool was_serving = false;               ///< the last run began and did not say that it stopped
};

/// Finds where the log ends and what its last run left undone. Reads back as far as the last start
/// of the helper and the beginning of boot `boot_id`, and checks the chain from there on; the last
/// segment from the disk itself where the kernel allows, as after an error of the disk the page
/// cache may hold what never reached it (fsync(2)). A last line that is torn (no newline, or no
/// JSON) is moved to a file beside its segment. A whole line that names the wrong sequence number
/// or hash is no trace of a crash, and neither is a log that begins behind record 1 without a
/// record that retention removed those before it: then the log is not to be written
/// (Outcome::unavailable, saying where).
Result<Recovered> recover_log(int directory, const std::string& boot_id);

}  // namespace modgate
