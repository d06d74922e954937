// SPDX-License-Identifier: Apache-2.0
// What the recorder does beside recording: it watches the clock and removes what was kept long
// enough.
#include <algorithm>

#include "gate/audit/timestamp.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/log_line.h"
#include "gate/daemon/recorder_process.h"

namespace modgate {
namespace {

constexpr std::chrono::hours kRetentionPeriod{24};
constexpr std::int64_t kNanosecondsInMillisecond = 1'000'000;

Record retention_record(const RemovedRecords& removed) {
  Record record;
  record.kind = RecordKind::retention;
  record.time_ns = realtime_ns();
  record.outcome = Outcome::done;
  record.removed = removed;
  record.message = "records " + std::to_string(removed.from) + " to " + std::to_string(removed.to) +
                   " are removed (" + std::to_string(removed.segments) + " segments, " +
                   std::to_string(removed.bytes) + " bytes), as the log's " + removed.reason +
                   " asks for";
  return record;
}

}  // namespace

Record clock_record(const ClockStep& step) {
  Record record;
  record.kind = RecordKind::clock;
  record.time_ns = step.to_ns;
  record.outcome = Outcome::done;
  record.message = "the clock was set back from " + rfc3339_utc(step.from_ns) + " to " +
                   rfc3339_utc(step.to_ns) + "; the order of records is that of their numbers";
  return record;
}

void RecorderProcess::watch_clock() {
  const auto now = read_clocks();
  if (!now) return;
  if (const auto step = clock_.step_to(*now)) {
    Waiting waiting;
    waiting.record = clock_record(*step);
    waiting.correlation_uid = new_uuid();
    // It is seen again the next time.
    if (!add(waiting, nullptr, true)) return;
  }
  clock_.take(*now);
}

RetentionBounds RecorderProcess::what_stays() const {
  RetentionBounds bounds;
  for (const auto& [id, connection] : connections_) {
    if (!connection.rules.has_open_intent()) continue;
    bounds.from_sequence = std::min(bounds.from_sequence, connection.intent_sequence);
  }
  // Who loaded what is there now: a restart of the helper reads it back from the log.
  for (const GateLoad& load : loads_.all()) {
    bounds.from_ms = std::min(bounds.from_ms, load.since_ms);
  }
  return bounds;
}

/// The record first, the removal once it is on disk.
void RecorderProcess::remove_old_segments() {
  if (retention_.keeps_everything()) return;
  const Deadline now = BootClock::now();
  if (ledger_.tail().segment == retention_seen_ && now < retention_due_) return;
  retention_seen_ = ledger_.tail().segment;
  retention_due_ = now + kRetentionPeriod;
  auto removable = find_removable(ledger_.directory(), retention_, what_stays(),
                                  realtime_ns() / kNanosecondsInMillisecond);
  if (!removable) return log_line("old records stay: " + removable.error().message);
  if (!*removable) return;
  Waiting waiting;
  waiting.record = retention_record(**removable);
  waiting.correlation_uid = new_uuid();
  const std::uint64_t before = ledger_.tail().sequence;
  if (!add(waiting, nullptr, true)) return;
  finish_group();
  if (ledger_.tail().sequence == before) return;
  if (auto gone = remove_segments(ledger_.directory(), **removable); !gone) {
    log_line("old records stay: " + gone.error().message);
  }
}

}  // namespace modgate
