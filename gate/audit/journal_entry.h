// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/audit/journal.h"
#include "gate/evidence/checkpoint.h"
#include "modgate/caller.h"
#include "modgate/record.h"

namespace modgate {

/// Where a record stands in the log.
struct RecordPlace {
  std::uint64_t sequence = 0;
  std::string prev;             ///< chain_hash() of the line before
  std::string hash;             ///< and of its own line
  std::string correlation_uid;  ///< of the request
};

/// The journal's id of what `record` tells: one for each kind of event and each way in which it
/// ends. etc/systemd/modgate.catalog explains every one of them.
std::string_view journal_message_id(const Record& record) noexcept;

/// What the journal is told of a record that is on disk. With the hashes it is also a witness of
/// the log: who rewrites the one has to rewrite the other as well. `peer` is nullptr for the
/// helper's own records.
JournalEntry journal_entry(const Record& record, const Peer* peer, const RecordPlace& place);

/// What the journal is told of a checkpoint: size and root of the log's tree.
JournalEntry journal_entry(const Checkpoint& checkpoint);

}  // namespace modgate
