// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modgate/handle.h"

namespace modgate {

/// One entry of systemd's journal.
struct JournalEntry {
  std::string_view message_id;  ///< 32 hex digits: the kind of event, with a text in the catalogue
  int priority = 6;             ///< as of syslog(3)
  std::string message;          ///< control characters are escaped, so that it is one line
  /// Names are of A-Z, 0-9 and _ and may repeat; values may hold any bytes. An empty value is left
  /// out.
  std::vector<std::pair<std::string_view, std::string>> fields;
};

/// The entry in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a value with a
/// newline has its length before it, so that no value can pass for a field. Values are cut where
/// the entry would not fit a datagram.
std::string journal_datagram(const JournalEntry& entry);

inline constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

/// Hands entries to systemd's journal. Never waits and never fails: what the journal does not take
/// at once is kept and sent later, up to a bound. Beyond that entries are dropped, and the next one
/// that is sent says how many (MODGATE_DROPPED). The log itself is what counts.
class Journal {
 public:
  explicit Journal(std::string socket = std::string(kJournalSocket)) : path_(std::move(socket)) {}

  void send(JournalEntry entry);

  /// Sends what is kept, as far as the journal takes it.
  void flush();

  /// Whether flush() has something to do.
  [[nodiscard]] bool has_backlog() const noexcept { return !backlog_.empty(); }

 private:
  enum class Taken { yes, later, never };
  Taken try_to_send(const std::string& datagram);

  std::string path_;
  Fd socket_;
  std::deque<std::string> backlog_;
  std::size_t backlog_bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace modgate
