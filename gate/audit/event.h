// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "modgate/caller.h"
#include "modgate/record.h"

namespace modgate {

/// Longest line of the log without its newline, so that a reader can always hand it on as one
/// message of a local socket (net.core.wmem_default is 208 KiB).
inline constexpr std::size_t kLineBytes = std::size_t{160} * 1024;

/// What the recorder alone says of a record.
struct Stamp {
  std::uint64_t sequence = 0;
  std::string prev;             ///< chain_hash() of the line before
  std::string uid;              ///< of this event
  std::string correlation_uid;  ///< of the request
  std::int64_t logged_ms = 0;   ///< epoch milliseconds
};

/// Where a log is written.
struct Origin {
  std::string hostname;
  std::string machine_id;
  std::string boot_id;
  std::string os_name;
  std::string os_version;
  std::string kernel_release;
  std::string product_version;
};

/// One line, without its newline.
struct RenderedEvent {
  std::string line;
  bool clipped = false;  ///< long texts are cut; metadata.is_truncated says so
};

/// The module that the request is about, of several by that name (reload) the last; nullptr where
/// its name never became known.
const RecordedModule* driver_of(const Record& record);

/// The OCSF 1.8.0 event of `record`, as one line of JSON in printable ASCII, whatever bytes the
/// record holds: bytes that are no UTF-8 become U+FFFD, everything beyond ASCII is escaped. The
/// most important values stand first. `peer` is nullptr for the helper's own records. Texts are cut
/// where the line would exceed `max_bytes`, which no text of the contract's limits makes necessary
/// unless it consists of characters that need escaping.
RenderedEvent render_event(const Record& record, const Peer* peer, const Stamp& stamp,
                           const Origin& origin, std::size_t max_bytes = kLineBytes);

}  // namespace modgate
