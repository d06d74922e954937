// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>

#include "gate/audit/journal_entry.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/origin.h"
#include "gate/audit/recovery.h"
#include "gate/audit/timestamp.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/log_key.h"
#include "gate/daemon/recorder_messages.h"
#include "gate/daemon/recorder_process.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kTellTime{5};

/// A signal to the whole service ends the listener; the recorder ends after it, when everything is
/// written.
Status outlive_the_listener() {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    if (::sigaction(signal, &ignore, nullptr) != 0) return log_error("signals", errno);
  }
  return Done{};
}

/// What the recorder has to record before it serves: the group it makes of it, and what the journal
/// is told once that is on disk.
class OpeningRecords {
 public:
  OpeningRecords(Ledger& ledger, Journal& journal) : ledger_(ledger), journal_(journal) {}

  Status add(const Record& record, const Peer* peer, const std::string& correlation_uid,
             bool first) {
    RecordPlace place{0, ledger_.newest_hash(), {}, correlation_uid};
    auto sequence = ledger_.append(record, peer, correlation_uid, first);
    if (!sequence) return sequence.error();
    place.sequence = *sequence;
    place.hash = ledger_.newest_hash();
    entries_.push_back(journal_entry(record, peer, place));
    return Done{};
  }

  Status commit() {
    if (auto committed = ledger_.commit(); !committed) return committed;
    for (JournalEntry& entry : entries_) journal_.send(std::move(entry));
    entries_.clear();
    return Done{};
  }

 private:
  Ledger& ledger_;
  Journal& journal_;
  std::vector<JournalEntry> entries_;
};

Record recovery_record(const std::string& message) {
  Record record;
  record.kind = RecordKind::recovery;
  record.time_ns = realtime_ns();
  record.outcome = Outcome::done;
  record.message = message;
  return record;
}

std::string ended_without_a_word(const Recovered& found) {
  return "the helper's last run ended without a word (it was killed, or the machine stopped, or "
         "the disk failed): records " +
         std::to_string(found.read_from) + " to " + std::to_string(found.tail.sequence) +
         " were read back and are whole; intents without an outcome: " +
         std::to_string(found.open_intents.size());
}

/// Records what was found and mended, and closes the intents that the last run left open.
Status write_recovery(OpeningRecords& records, const Recovered& found, const std::string& boot_id) {
  std::vector<Record> own;
  for (const std::string& mended : found.mended) own.push_back(recovery_record(mended));
  if (found.was_serving) own.push_back(recovery_record(ended_without_a_word(found)));
  if (const auto now = read_clocks()) {
    const ClockWatch watch(found.last_ms * 1'000'000);
    if (const auto step = watch.step_to(*now)) own.push_back(clock_record(*step));
  }
  for (const Record& record : own) {
    if (auto added = records.add(record, nullptr, new_uuid(), true); !added) return added;
  }
  for (const StoredEvent& intent : found.open_intents) {
    const Record record = unknown_outcome(
        intent.record, intent.head.boot_id == boot_id
                           ? "what became of it is not known: the helper ended before it said so"
                           : "what became of it is not known: the machine stopped meanwhile");
    if (auto added = records.add(record, &intent.peer, intent.head.correlation_uid, false);
        !added) {
      return added;
    }
  }
  return records.commit();
}

/// Takes up the evidence of the log as its last run left it.
Result<EvidenceKeeper> open_evidence(const LogKey& log_key, int directory, const LogTail& tail) {
  auto key = read_log_key(log_key.file, log_key.verifier);
  if (!key) return key.error();
  return EvidenceKeeper::open(directory, std::move(*key), log_key.verifier.name, tail);
}

Result<OpenLog> open_log(const RecorderSettings& settings, Journal& journal) {
  auto origin = read_origin();
  if (!origin) return origin.error();
  auto directory = open_log_directory(settings.directory);
  if (!directory) return directory.error();
  auto found = recover_log(directory->get(), origin->boot_id);
  if (!found) return found.error();
  std::optional<EvidenceKeeper> evidence;
  if (settings.key) {
    // Before anything is written: a record more would stand where one was cut off.
    auto opened = open_evidence(*settings.key, directory->get(), found->tail);
    if (!opened) return opened.error();
    evidence = std::move(*opened);
    found->mended.insert(found->mended.end(), evidence->mended().begin(), evidence->mended().end());
  }
  LedgerSettings how;
  how.segment_bytes = settings.segment_bytes;
  const std::string boot_id = origin->boot_id;
  auto ledger = Ledger::open(std::move(*directory), found->tail, std::move(*origin), how);
  if (!ledger) return ledger.error();
  OpeningRecords records(*ledger, journal);
  if (auto written = write_recovery(records, *found, boot_id); !written) return written.error();
  if (evidence) {
    auto grown = evidence->grow(ledger->take_leaves(), ledger->tail().segment);
    if (!grown) return grown.error();
  }
  return OpenLog{std::move(*ledger), std::move(found->loads),
                 RecorderEvidence(std::move(evidence))};
}

int give_up(Channel& control, const Error& error) {
  const std::string line = "modgated: " + error.message + '\n';
  // Nobody is left to tell where standard error is gone.
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  static_cast<void>(control.send(encode_refusal(error), BootClock::now() + kTellTime));
  return 1;
}

}  // namespace

int run_recorder(Channel control, const RecorderSettings& settings) {
  try {
    // Files of the log are for the reviewers' group, and for nobody else.
    static_cast<void>(::umask(027));
    if (auto stays = outlive_the_listener(); !stays) return give_up(control, stays.error());
    Journal journal(settings.journal);
    auto log = open_log(settings, journal);
    if (!log) return give_up(control, log.error());
    if (auto told = control.send(encode_ready(), BootClock::now() + kTellTime); !told) return 1;
    RecorderProcess process(std::move(control), std::move(*log), std::move(journal),
                            settings.retention, settings.anchor_time);
    return process.serve();
  } catch (const std::exception& failure) {
    return give_up(control, {Outcome::unavailable, std::string("recorder: ") + failure.what()});
  }
}

}  // namespace modgate
