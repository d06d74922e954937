// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder_process.h"

#include <algorithm>
#include <cerrno>

#include "gate/audit/chain.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_messages.h"

namespace modgate {
namespace {

/// Messages of the listener in one turn, and turns at the end: bounds, not expectations.
constexpr int kControlMessages = 64;
constexpr int kLastTurns = 16;
/// How often it is looked in one turn whether more has come.
constexpr int kMoreRounds = 16;
/// How soon what the journal did not take is offered to it again.
constexpr std::int64_t kJournalMilliseconds = 20;

bool is_readable(const Channel& channel) {
  pollfd ready = {channel.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0 && ready.revents != 0;
}

}  // namespace

int RecorderProcess::serve() {
  while (turn()) {
    if (ledger_.poisoned()) return 1;
  }
  return finish();
}

int RecorderProcess::time_to_wait() const {
  std::optional<Deadline> due = flood_.next_due();
  if (!retention_.keeps_everything()) due = std::min(due.value_or(retention_due_), retention_due_);
  if (const auto other = evidence_.next_due()) due = std::min(due.value_or(*other), *other);
  for (const Held& held : held_) due = std::min(due.value_or(held.until), held.until);
  const std::int64_t longest = journal_.has_backlog() ? kJournalMilliseconds : 60'000;
  if (!due) return journal_.has_backlog() ? static_cast<int>(longest) : -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - BootClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

/// One group. False at the end of the control channel.
bool RecorderProcess::turn() {
  for (auto& [id, connection] : connections_) connection.heard = false;
  auto heard = hear_those_ready(time_to_wait());
  // What comes while others are heard shares their fdatasync.
  for (int more = 0; heard == Heard::some && more < kMoreRounds; ++more) {
    heard = hear_those_ready(0);
  }
  add_aggregates(flood_.take_due(BootClock::now()));
  finish_group();
  tend_evidence();
  remove_old_segments();
  journal_.flush();
  std::erase_if(connections_, [](const auto& entry) { return entry.second.hung_up; });
  return heard != Heard::end;
}

/// Hears what is there after at most `wait_ms`, of each connection one message in a turn.
RecorderProcess::Heard RecorderProcess::hear_those_ready(int wait_ms) {
  std::vector<pollfd> ready = {{control_.get(), POLLIN, 0},
                               {evidence_.courier_descriptor(), POLLIN, 0}};
  std::vector<Id> ids;
  for (const auto& [id, connection] : connections_) {
    if (connection.heard || connection.hung_up) continue;
    ready.push_back({connection.channel.get(), POLLIN, 0});
    ids.push_back(id);
  }
  const int count = ::poll(ready.data(), ready.size(), wait_ms);
  watch_clock();
  if (count < 0) return errno == EINTR ? Heard::nothing : Heard::end;
  if (count == 0) return Heard::nothing;
  if (ready[0].revents != 0 && !hear_control()) return Heard::end;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    if (ready[at + 2].revents == 0) continue;
    Connection& connection = connections_.at(ids[at]);
    connection.heard = true;
    hear(ids[at], connection);
  }
  if (ready[1].revents != 0) {
    if (const auto finding = evidence_.hear_courier()) record_finding(*finding);
  }
  return Heard::some;
}

bool RecorderProcess::hear_control() {
  for (int heard = 0; heard < kControlMessages && is_readable(control_); ++heard) {
    auto message = control_.receive(kRecordBytes, 1, Deadline{});
    // The listener is gone, or is no longer itself.
    if (!message || !*message) return false;
    hear_control_message(std::move(**message));
  }
  return true;
}

void RecorderProcess::hear_control_message(Message message) {
  auto kind = message_kind(message.bytes);
  if (!kind) return;
  switch (*kind) {
    case RecorderMessage::open:
      return open_connection(std::move(message));
    case RecorderMessage::settings: {
      auto mode = decode_settings(message.bytes);
      // What cannot be read must not make the gate laxer than the policy may want it.
      const auto parsed = mode ? parse_kernel_audit_mode(*mode) : std::nullopt;
      return kernel_audit_.set_mode(parsed.value_or(KernelAuditMode::required));
    }
    case RecorderMessage::witnesses: {
      auto told = decode_to_courier(message.bytes);
      if (!told || !std::holds_alternative<CourierWitnesses>(*told)) return;
      return evidence_.set_witnesses(std::get<CourierWitnesses>(*told).witnesses);
    }
    case RecorderMessage::courier:
      if (message.descriptors.size() != 1) return;
      return evidence_.connect_courier(Channel(std::move(message.descriptors.front())));
    case RecorderMessage::record:
      return hear_control_record(message.bytes);
    case RecorderMessage::gate_loads:
      return;
  }
}

void RecorderProcess::open_connection(Message message) {
  auto opened = decode_open(message.bytes);
  if (!opened || message.descriptors.size() != 1) return;
  Channel channel(std::move(message.descriptors.front()));
  if (connections_.size() >= kRecorderConnections) {
    return tell(channel, encode_refusal({Outcome::unavailable, "too busy: try again"}));
  }
  Connection connection;
  connection.channel = std::move(channel);
  connection.peer = std::move(opened->peer);
  connection.correlation_uid = std::move(opened->correlation_uid);
  connections_.emplace(next_id_++, std::move(connection));
}

void RecorderProcess::hear_control_record(std::string_view bytes) {
  auto posted = decode_record(bytes);
  if (!posted) return tell(control_, encode_refusal(posted.error()));
  const RecordKind kind = posted->record.kind;
  const bool is_listeners = kind == RecordKind::start || kind == RecordKind::stop ||
                            kind == RecordKind::recovery || kind == RecordKind::policy;
  if (!is_listeners) {
    return tell(control_, encode_refusal({Outcome::unavailable,
                                          "the recorder refuses the record: nobody asked for it"}));
  }
  if (kind == RecordKind::stop) add_aggregates(flood_.take_all());
  Waiting waiting;
  waiting.wants_receipt = posted->wants_receipt;
  waiting.record = std::move(posted->record);
  waiting.correlation_uid = new_uuid();
  if (auto added = add(waiting, nullptr, true); !added) disappoint(waiting, added.error());
}

void RecorderProcess::hear(Id id, Connection& connection) {
  auto message = connection.channel.receive(kRecordBytes, 0, Deadline{});
  if (!message || !*message) return hang_up(id, connection);
  auto kind = message_kind((*message)->bytes);
  if (kind && *kind == RecorderMessage::record) {
    return hear_record(id, connection, (*message)->bytes);
  }
  if (kind && *kind == RecorderMessage::gate_loads) return tell_gate_loads(connection);
  tell(connection.channel,
       encode_refusal({Outcome::unavailable, "the recorder does not understand the session"}));
  hang_up(id, connection);
}

void RecorderProcess::hear_record(Id id, Connection& connection, std::string_view bytes) {
  auto posted = decode_record(bytes);
  if (!posted) {
    tell(connection.channel, encode_refusal(posted.error()));
    return hang_up(id, connection);
  }
  const auto refuse = [&](const Error& error) {
    if (posted->wants_receipt) tell(connection.channel, encode_refusal(error));
  };
  auto kind = connection.rules.admit(posted->record);
  if (!kind) return refuse(kind.error());
  posted->record.kind = *kind;
  posted->record.outcome_unknown = false;
  if (*kind == RecordKind::intent) {
    if (auto granted = kernel_audit_.may_grant(); !granted) return refuse(granted.error());
    if (posted->record.anchor && !evidence_.has_witnesses()) {
      return refuse({Outcome::unavailable, "the policy wants a witness, and there is none"});
    }
  }
  if (*kind == RecordKind::sign_off) {
    if (auto sound = look_at_sign_off(posted->record); !sound) return refuse(sound.error());
  }
  if (is_counted(*posted, connection)) return;
  Waiting waiting;
  waiting.from = id;
  waiting.wants_receipt = posted->wants_receipt;
  waiting.record = std::move(posted->record);
  waiting.correlation_uid = connection.correlation_uid;
  if (auto added = add(waiting, &connection.peer, !connection.has_records); !added) {
    disappoint(waiting, added.error());
  }
}

/// What a reviewer has read has to be what stands in the log. A sign-off that was refused names
/// what it was about, and nothing is claimed of it.
Status RecorderProcess::look_at_sign_off(const Record& record) const {
  if (record.outcome != Outcome::done) return Done{};
  const std::string number = '#' + std::to_string(record.up_to);
  if (record.up_to > ledger_.tail().sequence) {
    return Error{Outcome::failed, "the log has no record " + number + " yet"};
  }
  if (record.up_to_line.empty()) return Done{};
  auto line = numbered_line(ledger_.directory(), record.up_to);
  if (!line) return line.error();
  if (line->empty()) return Error{Outcome::failed, "the log has no record " + number + " any more"};
  if (chain_hash(*line) == record.up_to_line) return Done{};
  return Error{Outcome::failed,
               "record " + number + " of the log is not the one that was read: its SHA-256 is " +
                   chain_hash(*line) + ", not " + record.up_to_line + "; see: modgate log verify"};
}

/// Whether the record is one of a flood and is only counted. Otherwise what was counted before it
/// is recorded first.
bool RecorderProcess::is_counted(const PostedRecord& posted, Connection& connection) {
  const uid_t uid = connection.peer.uid;
  const auto is_one_of_a_flood = [&] {
    const CountedRefusal refusal{posted.record, connection.peer, connection.correlation_uid,
                                 !connection.has_records};
    return !flood_.admit(refusal, BootClock::now());
  };
  const bool is_refused =
      posted.record.kind == RecordKind::refusal ||
      (posted.record.kind == RecordKind::sign_off && posted.record.outcome != Outcome::done);
  if (is_refused && is_one_of_a_flood()) {
    connection.rules.stored(posted.record.kind);
    if (posted.wants_receipt) {
      tell(connection.channel, encode_receipt({0, flood_.standing_in(uid), {}}));
    }
    return true;
  }
  if (auto aggregate = flood_.take(uid)) {
    std::vector<CountedRefusal> one;
    one.push_back(std::move(*aggregate));
    add_aggregates(std::move(one));
  }
  return false;
}

void RecorderProcess::tell_gate_loads(Connection& connection) {
  for (const std::string& part : encode_gate_loads(loads_.all())) tell(connection.channel, part);
}

void RecorderProcess::hang_up(Id id, Connection& connection) {
  connection.hung_up = true;
  if (!connection.rules.has_open_intent()) return;
  Waiting waiting;
  waiting.from = id;
  waiting.record = unknown_outcome(
      connection.intent, "what became of it is not known: its session ended without a word");
  waiting.correlation_uid = connection.correlation_uid;
  // If not even this can be written, the next start of the recorder does it.
  static_cast<void>(static_cast<bool>(add(waiting, &connection.peer, false)));
}

/// The listener is gone: takes in what sessions have said, then closes what is open.
int RecorderProcess::finish() {
  // Nobody brings a cosignature any more.
  release_held(Deadline::max());
  for (int turns = 0; turns < kLastTurns && !ledger_.poisoned(); ++turns) {
    bool heard = false;
    for (auto& [id, connection] : connections_) {
      if (connection.hung_up || !is_readable(connection.channel)) continue;
      hear(id, connection);
      heard = true;
    }
    finish_group();
    release_held(BootClock::now());
    if (!heard) break;
  }
  for (auto& [id, connection] : connections_) {
    if (!connection.hung_up) hang_up(id, connection);
  }
  add_aggregates(flood_.take_all());
  finish_group();
  evidence_.announce_last([this](const Checkpoint& checkpoint) { announce(checkpoint); });
  return ledger_.poisoned() ? 1 : 0;
}

}  // namespace modgate
