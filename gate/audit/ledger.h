// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gate/audit/event.h"
#include "gate/audit/recovery.h"
#include "gate/audit/room.h"
#include "gate/evidence/merkle.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

struct LedgerSettings {
  std::uint64_t segment_bytes =
      64ULL << 20U;  ///< a segment that has reached this is the last one's predecessor
};

/// The single writer of the log. Records are appended to a group in memory and reach the disk
/// together with commit(): one write, one fdatasync. What commit() has not confirmed does not
/// count.
///
/// For every intent, room for its outcome is set aside before the intent is accepted. After an
/// error of the disk that leaves in doubt what is on it, the ledger is poisoned: it accepts nothing
/// ever again, as the kernel may have dropped the pages that a second fdatasync would then call
/// safe.
class Ledger {
 public:
  /// `directory` is that of open_log_directory(), `tail` that of recover_log() on it.
  static Result<Ledger> open(Fd directory, const LogTail& tail, Origin origin,
                             const LedgerSettings& settings = {});

  /// Adds a record to the group. `first` is said of the first record under its correlation id: its
  /// own id is the same then. Returns its sequence number, which counts once commit() succeeds.
  /// Refuses an intent without room for it and its outcome, and an intent that would be cut.
  Result<std::uint64_t> append(const Record& record, const Peer* peer,
                               const std::string& correlation_uid, bool first);

  /// Puts the group on disk. On an error none of it counts.
  Status commit();

  /// Whether nothing can be written any more.
  [[nodiscard]] bool poisoned() const noexcept { return poisoned_; }

  /// The leaf hashes of the records that commit() put on disk since this was last asked, in order.
  std::vector<Digest> take_leaves() noexcept { return std::exchange(leaves_, {}); }

  [[nodiscard]] const LogTail& tail() const noexcept { return tail_; }
  /// chain_hash() of the line that was appended last, whether it is on disk or not.
  [[nodiscard]] const std::string& newest_hash() const noexcept { return group_hash_; }
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
  [[nodiscard]] int directory() const noexcept { return directory_.get(); }

 private:
  struct Pending {
    RecordKind kind = RecordKind::refusal;
    std::string correlation_uid;
    std::uint64_t room = 0;
  };

  Ledger(Fd directory, LogTail tail, Origin origin, const LedgerSettings& settings)
      : directory_(std::move(directory)),
        tail_(std::move(tail)),
        origin_(std::move(origin)),
        settings_(settings) {}

  Status open_current();
  Result<std::string> fit(const Record& record, const Peer* peer, const Stamp& stamp,
                          std::uint64_t& room);
  void rotate_if_full();
  Status write_group();
  Status poison(const std::string& what, int code);
  void drop_group();
  void accept_group();
  [[nodiscard]] std::uint64_t room_for(const std::string& correlation_uid) const;

  Fd directory_;
  LogTail tail_;
  Origin origin_;
  LedgerSettings settings_;
  Fd file_;
  Room room_;
  bool poisoned_ = false;
  std::map<std::string, std::uint64_t> open_intents_;  ///< room kept for the outcome of each
  std::uint64_t kept_ = 0;                             ///< sum of these, with the group's effect

  std::string group_;
  std::vector<Pending> pending_;
  std::uint64_t group_sequence_ = 0;
  std::string group_hash_;
  std::vector<Digest> group_leaves_;
  std::vector<Digest> leaves_;
};

}  // namespace modgate
