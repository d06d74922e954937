// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gate/audit/clock_watch.h"
#include "gate/audit/gate_loads.h"
#include "gate/audit/journal_entry.h"
#include "gate/audit/kernel_audit.h"
#include "gate/audit/ledger.h"
#include "gate/audit/retention.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder_evidence.h"
#include "gate/daemon/recorder_rules.h"
#include "gate/daemon/refusal_flood.h"
#include "gate/wire/channel.h"

namespace modgate {

/// Connections that the recorder serves at once: every request in flight, and room for those that
/// are coming and going.
inline constexpr std::size_t kRecorderConnections = 320;

/// A log that is sound, with what was found in it and the evidence of it.
struct OpenLog {
  Ledger ledger;
  GateLoads loads;
  RecorderEvidence evidence;
};

/// The recorder at work on an open log. What it hears in one turn, at most one message of each
/// connection, becomes one group of the ledger: one fdatasync, and only then the receipts. It never
/// waits for anybody: who does not read loses the receipt.
class RecorderProcess {
 public:
  // cppcheck-suppress passedByValue; its parts are moved from
  RecorderProcess(Channel control, OpenLog log, Journal journal, const RetentionSettings& retention,
                  std::chrono::milliseconds anchor_time)
      : control_(std::move(control)),
        ledger_(std::move(log.ledger)),
        loads_(std::move(log.loads)),
        journal_(std::move(journal)),
        evidence_(std::move(log.evidence)),
        anchor_time_(anchor_time),
        retention_(retention) {}

  /// Serves until end-of-file on the control channel, then writes what is still to be written.
  /// Returns the exit status.
  int serve();

 private:
  using Id = std::uint64_t;
  static constexpr Id kControl = 0;

  struct Connection {
    Channel channel;
    Peer peer;
    std::string correlation_uid;
    ConnectionRules rules;
    bool has_records = false;
    bool heard = false;  ///< in this turn
    bool hung_up = false;
    Record intent;
    std::uint64_t intent_sequence = 0;
  };
  /// A record of the group that is being made, and who waits for it.
  struct Waiting {
    Id from = kControl;
    bool wants_receipt = false;
    Record record;
    std::string correlation_uid;
    RecordPlace place;  ///< once it is in the ledger's group
    std::optional<CountedRefusal> aggregate;
  };

  /// An intent that is on disk, and whose receipt waits for a witness.
  struct Held {
    Waiting waiting;
    Deadline until;
  };

  enum class Heard { nothing, some, end };

  bool turn();
  Heard hear_those_ready(int wait_ms);
  [[nodiscard]] int time_to_wait() const;
  bool hear_control();
  void hear_control_message(Message message);
  void open_connection(Message message);
  void hear_control_record(std::string_view bytes);
  void hear(Id id, Connection& connection);
  void hear_record(Id id, Connection& connection, std::string_view bytes);
  void tell_gate_loads(Connection& connection);
  [[nodiscard]] Status look_at_sign_off(const Record& record) const;
  bool is_counted(const PostedRecord& posted, Connection& connection);
  void hang_up(Id id, Connection& connection);

  static void tell(Channel& channel, const std::string& bytes);

  /// Takes `waiting` into the group, or leaves it where it is.
  Status add(Waiting& waiting, const Peer* peer, bool first);
  void add_aggregates(std::vector<CountedRefusal> aggregates);
  void finish_group();
  void confirm(Waiting& waiting, std::vector<JournalEntry>& entries);
  void tell_journal(std::vector<JournalEntry>& entries);
  void disappoint(Waiting& waiting, const Error& error);
  void receipt(const Waiting& waiting);
  void tend_evidence();
  void announce(const Checkpoint& checkpoint);
  void record_finding(const std::string& message);
  void release_held(Deadline now);
  int finish();

  void watch_clock();
  void remove_old_segments();
  [[nodiscard]] RetentionBounds what_stays() const;

  Channel control_;
  Ledger ledger_;
  GateLoads loads_;
  Journal journal_;
  RecorderEvidence evidence_;
  std::chrono::milliseconds anchor_time_;  ///< that a witness has to acknowledge an intent
  std::vector<Held> held_;
  KernelAudit kernel_audit_;
  RefusalFlood flood_;
  ClockWatch clock_;
  RetentionSettings retention_;
  std::string retention_seen_;  ///< the newest segment when old ones were last looked for
  Deadline retention_due_{};
  std::map<Id, Connection> connections_;
  Id next_id_ = kControl + 1;
  std::vector<Waiting> group_;
};

/// What stands for the outcome of `intent` where nobody has told it.
Record unknown_outcome(const Record& intent, const std::string& why);

/// What is recorded when the clock was set back.
Record clock_record(const ClockStep& step);

}  // namespace modgate
