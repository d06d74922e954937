// SPDX-License-Identifier: Apache-2.0
// What the recorder does about its checkpoints: who waits for a witness, and who is told of them.
#include <algorithm>

#include "gate/audit/timestamp.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/log_line.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/daemon/recorder_process.h"

namespace modgate {

/// Gives the courier its due, and intents their receipts that a witness has acknowledged.
void RecorderProcess::tend_evidence() {
  const Deadline now = BootClock::now();
  const bool urgent = std::any_of(held_.begin(), held_.end(), [&](const Held& held) {
    return !evidence_.is_acknowledged(held.waiting.place.sequence);
  });
  evidence_.tend(now, urgent, [this](const Checkpoint& checkpoint) { announce(checkpoint); });
  release_held(now);
}

void RecorderProcess::release_held(Deadline now) {
  std::erase_if(held_, [&](const Held& held) {
    const auto found = connections_.find(held.waiting.from);
    if (found == connections_.end() || found->second.hung_up) return true;
    if (evidence_.is_acknowledged(held.waiting.place.sequence)) {
      receipt(held.waiting);
      return true;
    }
    if (now < held.until) return false;
    // The intent stands in the log; what the session records next is its outcome.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(anchor_time_).count();
    tell(
        found->second.channel,
        encode_refusal({Outcome::unavailable,
                        "no witness has acknowledged the record within " + std::to_string(seconds) +
                            " s, and the policy wants that first; try again, or "
                            "have modgate-courier.service and the witness looked at"}));
    return true;
  });
}

/// A new checkpoint, told on this machine to those who keep their own record of it. The log itself
/// does not depend on any of them.
void RecorderProcess::announce(const Checkpoint& checkpoint) {
  static_cast<void>(static_cast<bool>(kernel_audit_.tell_checkpoint(checkpoint)));
  journal_.send(journal_entry(checkpoint));
}

/// What the evidence brought to light, as a record of the log.
void RecorderProcess::record_finding(const std::string& message) {
  log_line(message);
  Waiting waiting;
  waiting.record.kind = RecordKind::recovery;
  waiting.record.time_ns = realtime_ns();
  waiting.record.outcome = Outcome::failed;
  waiting.record.message = message;
  waiting.correlation_uid = new_uuid();
  if (auto added = add(waiting, nullptr, true); !added) log_line(added.error().message);
}

}  // namespace modgate
