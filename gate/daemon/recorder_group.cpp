// SPDX-License-Identifier: Apache-2.0
// How records get into the group that is being made, and what becomes of them once it is on disk or
// could not be written.
#include "gate/audit/timestamp.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/daemon/recorder_process.h"
#include "gate/daemon/recorder_rules.h"

namespace modgate {

Record unknown_outcome(const Record& intent, const std::string& why) {
  Record record = intent;
  record.kind = RecordKind::outcome;
  record.outcome = Outcome::unavailable;
  record.outcome_unknown = true;
  record.time_ns = realtime_ns();
  record.message = why;
  return record;
}

/// Never waits: a deadline in the past.
void RecorderProcess::tell(Channel& channel, const std::string& bytes) {
  // Who does not read loses its receipt, and what it was for is not granted.
  static_cast<void>(channel.send(bytes, Deadline{}));
}

Status RecorderProcess::add(Waiting& waiting, const Peer* peer, bool first) {
  waiting.place.prev = ledger_.newest_hash();
  auto sequence = ledger_.append(waiting.record, peer, waiting.correlation_uid, first);
  if (!sequence) return sequence.error();
  waiting.place.sequence = *sequence;
  waiting.place.hash = ledger_.newest_hash();
  waiting.place.correlation_uid = waiting.correlation_uid;
  group_.push_back(std::move(waiting));
  return Done{};
}

void RecorderProcess::add_aggregates(std::vector<CountedRefusal> aggregates) {
  for (CountedRefusal& aggregate : aggregates) {
    Waiting waiting;
    waiting.record = aggregate.record;
    waiting.correlation_uid = aggregate.correlation_uid;
    waiting.aggregate = aggregate;
    if (waiting.record.count > 1) {
      waiting.record.message = std::to_string(waiting.record.count) +
                               " refusals in a flood; the first: " + waiting.record.message;
    }
    if (!add(waiting, &aggregate.peer, aggregate.is_first)) flood_.give_back(std::move(aggregate));
  }
}

void RecorderProcess::finish_group() {
  if (group_.empty()) return;
  std::vector<Waiting> group;
  group.swap(group_);
  const Status committed = ledger_.commit();
  if (committed) evidence_.grow(ledger_);
  std::vector<JournalEntry> entries;
  for (Waiting& waiting : group) {
    if (committed) {
      confirm(waiting, entries);
    } else {
      disappoint(waiting, committed.error());
    }
  }
  tell_journal(entries);
}

/// The record is on disk. What the journal is told of it can wait until others have their receipts.
void RecorderProcess::confirm(Waiting& waiting, std::vector<JournalEntry>& entries) {
  const auto found = connections_.find(waiting.from);
  Connection* const connection = found == connections_.end() ? nullptr : &found->second;
  const Record& record = waiting.record;
  const Status told = kernel_audit_.tell(record, waiting.correlation_uid);
  const Peer* const peer = waiting.aggregate ? &waiting.aggregate->peer
                           : connection      ? &connection->peer
                                             : nullptr;
  entries.push_back(journal_entry(record, peer, waiting.place));
  // Once the listener has its receipt and ends, nothing here is sure to live on (KillMode=mixed).
  if (record.kind == RecordKind::stop) {
    tell_journal(entries);
    evidence_.announce_last([this](const Checkpoint& checkpoint) { announce(checkpoint); });
  }
  if (connection != nullptr) {
    connection->has_records = true;
    connection->rules.stored(record.kind);
    loads_.apply(record, connection->peer.uid, waiting.correlation_uid);
    if (record.kind == RecordKind::intent) {
      connection->intent = record;
      connection->intent_sequence = waiting.place.sequence;
    }
  }
  if (!waiting.wants_receipt) return;
  Channel& channel = connection == nullptr ? control_ : connection->channel;
  if (!told && record.kind == RecordKind::intent) {
    // The intent stands in the log; what the session records next is its outcome.
    return tell(channel, encode_refusal(told.error()));
  }
  if (record.kind == RecordKind::intent && record.anchor) {
    held_.push_back({std::move(waiting), BootClock::now() + anchor_time_});
    return;
  }
  receipt(waiting);
}

void RecorderProcess::tell_journal(std::vector<JournalEntry>& entries) {
  for (JournalEntry& entry : entries) journal_.send(std::move(entry));
  entries.clear();
}

void RecorderProcess::receipt(const Waiting& waiting) {
  const auto found = connections_.find(waiting.from);
  tell(found == connections_.end() ? control_ : found->second.channel,
       encode_receipt(
           {waiting.place.sequence, waiting.correlation_uid, new_digests(waiting.record)}));
}

void RecorderProcess::disappoint(Waiting& waiting, const Error& error) {
  if (waiting.aggregate) return flood_.give_back(std::move(*waiting.aggregate));
  if (!waiting.wants_receipt) return;
  const auto found = connections_.find(waiting.from);
  tell(found == connections_.end() ? control_ : found->second.channel, encode_refusal(error));
}

}  // namespace modgate
