// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/peer_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gate/identity/process_directory.h"
#include "gate/identity/terminal.h"

namespace modgate {
namespace {

constexpr int kSoPeerPidFd = 77;  // SO_PEERPIDFD, which the C library may not know yet

/// A pidfd is readable once its process has ended.
bool is_alive(const Fd& pidfd) {
  pollfd waiting = {pidfd.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

/// The pid that a pidfd stands for, -1 where its process is gone.
pid_t pid_of(const Fd& pidfd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd.get());
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return -1;
  std::array<char, 1024> bytes;
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got <= 0) return -1;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
  constexpr std::string_view kKey = "\nPid:\t";
  const std::size_t line = text.find(kKey);
  if (line == std::string_view::npos) return -1;
  pid_t pid = -1;
  const auto [stop, problem] =
      std::from_chars(text.data() + line + kKey.size(), text.data() + text.size(), pid);
  static_cast<void>(stop);
  return problem == std::errc{} ? pid : -1;
}

Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

std::int64_t milliseconds(clockid_t clock) {
  timespec now = {};
  if (::clock_gettime(clock, &now) != 0) return 0;
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

/// Epoch milliseconds of a start time in ticks since boot.
std::int64_t started_ms(std::uint64_t ticks) {
  const long per_second = ::sysconf(_SC_CLK_TCK);
  // Ticks that no boot can have seen would only overflow below.
  if (per_second <= 0 || ticks > (1ULL << 50U)) return 0;
  const std::int64_t booted = milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_BOOTTIME);
  return booted + static_cast<std::int64_t>(ticks) * 1000 / per_second;
}

/// While a process of a session lives the kernel gives its leader's number to nobody else, so a
/// process with that number is the leader.
std::optional<LoginSession> terminal_session(const ProcessStat& stat) {
  if (stat.terminal == 0) return std::nullopt;
  const auto directory = ProcessDirectory::open(stat.session);
  const auto leader = directory ? directory->stat() : std::nullopt;
  if (!leader || leader->session != stat.session || leader->terminal != stat.terminal) {
    return std::nullopt;
  }
  return LoginSession{LoginSession::Kind::terminal, stat.terminal, leader->start_time};
}

LoginSession login_session(const std::optional<std::uint32_t>& audit_session,
                           const ProcessStat& stat) {
  if (audit_session) return {LoginSession::Kind::audit, *audit_session, 0};
  return terminal_session(stat).value_or(LoginSession{});
}

/// What /proc says now; nullopt where it contradicts the kernel's own word on the peer.
std::optional<Peer> read_directory(const ProcessDirectory& directory, const Peer& peer) {
  const auto stat = directory.stat();
  if (!stat || directory.effective_uid() != peer.uid) return std::nullopt;
  Peer seen = peer;
  seen.login_uid = directory.login_uid();
  seen.audit_session = directory.audit_session();
  seen.session = login_session(seen.audit_session, *stat);
  seen.process.name = stat->name;
  seen.process.started_ms = started_ms(stat->start_time);
  seen.process.terminal = terminal_name(stat->terminal);

  const auto parents = ProcessDirectory::open(stat->parent);
  const auto parent = parents ? parents->stat() : std::nullopt;
  // A parent that ended meanwhile was replaced by another one.
  const auto again = directory.stat();
  if (!again) return std::nullopt;
  seen.process.parent_pid = stat->parent;
  if (parent && again->parent == stat->parent) seen.process.parent_name = parent->name;
  return seen;
}

}  // namespace

PeerHandle peer_handle(int connected_socket) {
  int number = -1;
  socklen_t size = sizeof number;
  if (::getsockopt(connected_socket, SOL_SOCKET, kSoPeerPidFd, &number, &size) != 0) {
    return {errno == ENOPROTOOPT ? PeerHandle::Kind::unsupported : PeerHandle::Kind::gone, Fd()};
  }
  Fd pidfd(number);
  if (size != sizeof number || !pidfd || pid_of(pidfd) <= 0) return {};
  return {PeerHandle::Kind::pinned, std::move(pidfd)};
}

void describe_process(pid_t pid, PeerHandle handle, Peer& peer) {
  peer.process.pid = pid;
  if (handle.kind == PeerHandle::Kind::gone) return;
  const auto directory = ProcessDirectory::open(pid);
  if (!directory) return;
  // An older kernel leaves one gap, between connect and here, in which the number may have gone to
  // another process of the same uid.
  const Fd pidfd =
      handle.kind == PeerHandle::Kind::pinned ? std::move(handle.pidfd) : open_pidfd(pid);
  if (!pidfd || pid_of(pidfd) != pid || !is_alive(pidfd)) return;
  auto seen = read_directory(*directory, peer);
  if (seen && is_alive(pidfd)) peer = std::move(*seen);
}

}  // namespace modgate
