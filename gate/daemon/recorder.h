// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/audit/journal.h"
#include "gate/audit/retention.h"
#include "gate/wire/channel.h"

namespace modgate {

struct RecorderSettings {
  std::string directory = "/var/log/modgate";
  std::uint64_t segment_bytes =
      64ULL << 20U;             ///< a segment that has reached this is followed by a new one
  RetentionSettings retention;  ///< nothing is removed unless it says so
  std::string journal{kJournalSocket};  ///< where systemd's journal listens
};

/// The body of the recorder's process: the single writer of the audit log. Opens and checks the
/// log, mends a torn tail with a record of it, writes `unknown` for open intents, says ready on
/// `control`, then serves until end-of-file on `control`. Returns the exit status: non-zero when
/// the log can no longer be trusted or written, and then nothing more is granted.
int run_recorder(Channel control, const RecorderSettings& settings);

}  // namespace modgate
