// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gate/audit/log_directory.h"
#include "gate/audit/timestamp.h"
#include "gate/audit/uuid.h"

namespace modgate {
namespace {

/// What an outcome may be longer than its intent: message and times, and for each module a step, an
/// error and an instance.
constexpr std::uint64_t kOutcomeExtra = 4096;
constexpr std::uint64_t kModuleExtra = 96;

bool is_full_disk(int code) { return code == ENOSPC || code == EDQUOT || code == EFBIG; }

}  // namespace

Result<Ledger> Ledger::open(Fd directory, const LogTail& tail, Origin origin,
                            const LedgerSettings& settings) {
  Ledger ledger(std::move(directory), tail, std::move(origin), settings);
  if (auto opened = ledger.open_current(); !opened) return opened.error();
  ledger.drop_group();
  return ledger;
}

Status Ledger::open_current() {
  if (tail_.segment.empty()) {
    tail_.segment = segment_name(tail_.sequence + 1);
    tail_.segment_bytes = 0;
    auto created = create_log_file(directory_.get(), tail_.segment);
    if (!created) return created.error();
    file_ = std::move(*created);
    if (::fsync(directory_.get()) != 0) return log_error("its directory", errno);
    return Done{};
  }
  auto file = open_segment(directory_.get(), tail_.segment, O_WRONLY | O_APPEND);
  if (!file) return file.error();
  const off_t size = ::lseek(file->get(), 0, SEEK_END);
  if (size < 0) return log_error(tail_.segment, errno);
  if (static_cast<std::uint64_t>(size) != tail_.segment_bytes) {
    return Error{Outcome::unavailable, "the audit log: " + tail_.segment + " has changed under us"};
  }
  file_ = std::move(*file);
  // What a reader has seen may not have been on disk when the last writer died.
  if (::fsync(file_.get()) != 0) return log_error(tail_.segment, errno);
  return Done{};
}

std::uint64_t Ledger::room_for(const std::string& correlation_uid) const {
  // The group is looked at last first: it is newer than what is on disk.
  for (auto entry = pending_.rbegin(); entry != pending_.rend(); ++entry) {
    if (entry->correlation_uid != correlation_uid) continue;
    if (entry->kind == RecordKind::intent) return entry->room;
    if (entry->kind == RecordKind::outcome) return 0;
  }
  const auto found = open_intents_.find(correlation_uid);
  return found == open_intents_.end() ? 0 : found->second;
}

/// Renders the record so that it fits the room there is. `room` becomes what is to be kept for the
/// outcome of an intent.
Result<std::string> Ledger::fit(const Record& record, const Peer* peer, const Stamp& stamp,
                                std::uint64_t& room) {
  RenderedEvent event = render_event(record, peer, stamp, origin_);
  const bool intent = record.kind == RecordKind::intent;
  if (event.line.size() > kLineBytes || (intent && event.clipped)) {
    return Error{Outcome::unavailable, "the record would be longer than the log takes"};
  }
  if (intent) {
    room = std::min<std::uint64_t>(event.line.size() + kOutcomeExtra, kLineBytes) +
           kModuleExtra * record.modules.size();
  }
  const bool outcome = record.kind == RecordKind::outcome;
  const std::uint64_t own = outcome ? room_for(stamp.correlation_uid) : 0;
  const std::uint64_t keep = kept_ - own + room;
  auto ensured =
      room_.ensure(file_.get(), tail_.segment_bytes, group_.size() + event.line.size() + 1 + keep);
  if (ensured) return std::move(event.line);
  if (own > 0) {
    // It fits what was kept for it, if need be with its long texts cut.
    if (event.line.size() + 1 > own) {
      event = render_event(record, peer, stamp, origin_, own - 1);
    }
    return std::move(event.line);
  }
  // A refusal is worth a try on a disk that seems full, but never at the cost of an outcome.
  if (intent || keep > 0) return ensured.error();
  return std::move(event.line);
}

Result<std::uint64_t> Ledger::append(const Record& record, const Peer* peer,
                                     const std::string& correlation_uid, bool first) {
  if (poisoned_) {
    return Error{Outcome::unavailable,
                 "the audit log cannot be written since an error of the disk"};
  }
  Stamp stamp;
  stamp.sequence = group_sequence_ + 1;
  stamp.prev = group_hash_;
  stamp.uid = first ? correlation_uid : new_uuid();
  stamp.correlation_uid = correlation_uid;
  stamp.logged_ms = realtime_ns() / 1'000'000;
  std::uint64_t room = 0;
  auto line = fit(record, peer, stamp, room);
  if (!line) return line.error();
  if (record.kind == RecordKind::outcome) kept_ -= room_for(correlation_uid);
  kept_ += room;
  pending_.push_back({record.kind, correlation_uid, room});
  group_sequence_ = stamp.sequence;
  group_hash_ = chain_hash(*line);
  group_leaves_.push_back(leaf_hash(*line));
  group_ += *line;
  group_ += '\n';
  return stamp.sequence;
}

/// A full segment is followed by a new one. Where that fails, the old one goes on growing: a log in
/// one long file is better than none.
void Ledger::rotate_if_full() {
  if (tail_.segment_bytes < settings_.segment_bytes) return;
  const std::string name = segment_name(tail_.sequence + 1);
  auto created = create_log_file(directory_.get(), name);
  if (!created) return;
  Room room;
  if (!room.ensure(created->get(), 0, group_.size() + kept_) || ::fsync(directory_.get()) != 0) {
    // Empty and last it is not wrong; but it must not stand between two others.
    static_cast<void>(::unlinkat(directory_.get(), name.c_str(), 0));
    return;
  }
  // Gives back what was set aside behind the end; it costs nothing but space where that fails.
  static_cast<void>(!::ftruncate(file_.get(), static_cast<off_t>(tail_.segment_bytes)));
  file_ = std::move(*created);
  room_ = room;
  tail_.segment = name;
  tail_.segment_bytes = 0;
}

Status Ledger::poison(const std::string& what, int code) {
  poisoned_ = true;
  drop_group();
  return log_error(what, code);
}

Status Ledger::write_group() {
  std::size_t done = 0;
  while (done < group_.size()) {
    const ssize_t written = ::write(file_.get(), group_.data() + done, group_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int code = errno;
      if (done > 0 && ::ftruncate(file_.get(), static_cast<off_t>(tail_.segment_bytes)) != 0) {
        return poison(tail_.segment, code);
      }
      if (!is_full_disk(code)) return poison(tail_.segment, code);
      drop_group();
      room_.forget();
      // Nothing better is left if it fails: the next intent is refused all the same.
      static_cast<void>(room_.ensure(file_.get(), tail_.segment_bytes, kept_));
      return log_error(tail_.segment, code);
    }
    done += static_cast<std::size_t>(written);
  }
  if (::fdatasync(file_.get()) != 0) return poison(tail_.segment, errno);
  return Done{};
}

void Ledger::drop_group() {
  group_.clear();
  pending_.clear();
  group_leaves_.clear();
  group_sequence_ = tail_.sequence;
  group_hash_ = tail_.hash;
  kept_ = 0;
  for (const auto& [correlation, room] : open_intents_) kept_ += room;
}

void Ledger::accept_group() {
  for (Pending& entry : pending_) {
    if (entry.kind == RecordKind::intent) {
      open_intents_.insert_or_assign(std::move(entry.correlation_uid), entry.room);
    } else if (entry.kind == RecordKind::outcome) {
      open_intents_.erase(entry.correlation_uid);
    }
  }
  tail_.segment_bytes += group_.size();
  tail_.sequence = group_sequence_;
  tail_.hash = group_hash_;
  leaves_.insert(leaves_.end(), group_leaves_.begin(), group_leaves_.end());
  drop_group();
}

Status Ledger::commit() {
  if (poisoned_) {
    drop_group();
    return Error{Outcome::unavailable,
                 "the audit log cannot be written since an error of the disk"};
  }
  if (pending_.empty()) return Done{};
  rotate_if_full();
  if (auto written = write_group(); !written) return written;
  accept_group();
  return Done{};
}

}  // namespace modgate
