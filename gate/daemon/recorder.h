// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "gate/audit/journal.h"
#include "gate/audit/retention.h"
#include "gate/evidence/verifier_key.h"
#include "gate/wire/channel.h"

namespace modgate {

/// The key that the log's checkpoints are signed with.
struct LogKey {
  std::string file = "/var/lib/modgate/log.key";  ///< read by the recorder alone
  VerifierKey verifier;  ///< what the key must belong to, and the log's name
};

struct RecorderSettings {
  std::string directory = "/var/log/modgate";
  std::uint64_t segment_bytes =
      64ULL << 20U;             ///< a segment that has reached this is followed by a new one
  RetentionSettings retention;  ///< nothing is removed unless it says so
  std::string journal{kJournalSocket};  ///< where systemd's journal listens
  std::optional<LogKey> key;            ///< nullopt: the log is chained, and nothing is signed
  std::chrono::milliseconds anchor_time =
      std::chrono::seconds(10);  ///< that a witness has to acknowledge an intent
};

/// The body of the recorder's process: the single writer of the audit log. Opens and checks the
/// log, mends a torn tail with a record of it, writes `unknown` for open intents, says ready on
/// `control`, then serves until end-of-file on `control`. Returns the exit status: non-zero when
/// the log can no longer be trusted or written, and then nothing more is granted.
int run_recorder(Channel control, const RecorderSettings& settings);

}  // namespace modgate
