// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/journal.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace modgate {
namespace {

/// Together they stay far below what a datagram of a local socket holds (net.core.wmem_default).
constexpr std::size_t kValueBytes = 4096;
constexpr std::size_t kEntryBytes = std::size_t{64} * 1024;
constexpr std::size_t kBacklogBytes = std::size_t{1024} * 1024;

std::string one_line(const std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  for (const char character : text.substr(0, kValueBytes)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte != 0x7f) {
      line += character;
    } else {
      line += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return line;
}

void add(std::string& datagram, std::string_view name, std::string_view value) {
  const std::string_view clipped = value.substr(0, kValueBytes);
  if (clipped.empty() || datagram.size() + name.size() + clipped.size() + 16 > kEntryBytes) return;
  datagram += name;
  if (clipped.find('\n') == std::string_view::npos) {
    datagram += '=';
  } else {
    datagram += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) {
      datagram += static_cast<char>((std::uint64_t{clipped.size()} >> shift) & 0xffU);
    }
  }
  datagram += clipped;
  datagram += '\n';
}

}  // namespace

std::string journal_datagram(const JournalEntry& entry) {
  std::string datagram;
  add(datagram, "MESSAGE", one_line(entry.message));
  add(datagram, "MESSAGE_ID", entry.message_id);
  add(datagram, "PRIORITY", std::to_string(entry.priority));
  add(datagram, "SYSLOG_IDENTIFIER", "modgated");
  // LOG_AUTHPRIV, where sudo's messages are looked for as well.
  add(datagram, "SYSLOG_FACILITY", "10");
  for (const auto& [name, value] : entry.fields) add(datagram, name, value);
  return datagram;
}

Journal::Taken Journal::try_to_send(const std::string& datagram) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) return Taken::never;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (!socket_) socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Not connected: the journal may be started anew at any time.
  const ssize_t sent =
      ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(sizeof address));
  if (sent >= 0) return Taken::yes;
  return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? Taken::later : Taken::never;
}

void Journal::send(JournalEntry entry) {
  if (dropped_ > 0) entry.fields.emplace_back("MODGATE_DROPPED", std::to_string(dropped_));
  std::string datagram = journal_datagram(entry);
  flush();
  const Taken taken = backlog_.empty() ? try_to_send(datagram) : Taken::later;
  if (taken == Taken::never ||
      (taken == Taken::later && backlog_bytes_ + datagram.size() > kBacklogBytes)) {
    ++dropped_;
    return;
  }
  dropped_ = 0;
  if (taken == Taken::yes) return;
  backlog_bytes_ += datagram.size();
  backlog_.push_back(std::move(datagram));
}

void Journal::flush() {
  while (!backlog_.empty()) {
    const Taken taken = try_to_send(backlog_.front());
    if (taken == Taken::later) return;
    if (taken == Taken::never) ++dropped_;
    backlog_bytes_ -= backlog_.front().size();
    backlog_.pop_front();
  }
}

}  // namespace modgate
