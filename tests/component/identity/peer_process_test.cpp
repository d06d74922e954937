// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/peer_process.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "catch.h"

using namespace modgate;

namespace {

Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

Peer described(PeerHandle handle, pid_t pid, uid_t uid) {
  Peer peer;
  peer.uid = uid;
  describe_process(pid, std::move(handle), peer);
  return peer;
}

bool is_empty(const Peer& peer) {
  return peer.process.name.empty() && peer.process.parent_pid == 0 && !peer.login_uid &&
         !peer.audit_session && peer.session == LoginSession{};
}

}  // namespace

TEST_CASE("An old kernel and a new one describe the same process") {
  const Peer pinned =
      described({PeerHandle::Kind::pinned, open_pidfd(::getpid())}, ::getpid(), ::geteuid());
  const Peer by_number = described({PeerHandle::Kind::unsupported, Fd()}, ::getpid(), ::geteuid());
  CHECK_FALSE(pinned.process.name.empty());
  CHECK(pinned.process.name == by_number.process.name);
  CHECK(pinned.process.parent_pid == ::getppid());
  CHECK(pinned.session == by_number.session);
}

TEST_CASE("A process of another uid, or another process, is not the peer's",
          "[CVE-2019-6133][CVE-2013-4288]") {
  const auto handle = [] { return PeerHandle{PeerHandle::Kind::pinned, open_pidfd(::getpid())}; };
  CHECK_FALSE(is_empty(described(handle(), ::getpid(), ::geteuid())));
  CHECK(is_empty(described(handle(), ::getpid(), ::geteuid() + 1)));
  CHECK(is_empty(described(handle(), ::getppid(), ::geteuid())));
  CHECK(is_empty(described({PeerHandle::Kind::unsupported, Fd()}, ::getpid(), ::geteuid() + 1)));
  for (const pid_t pid : {0, -1, 0x7fffffff}) {
    const Peer nobody = described({PeerHandle::Kind::unsupported, Fd()}, pid, ::geteuid());
    CHECK(is_empty(nobody));
    CHECK(nobody.process.pid == pid);
  }
}

TEST_CASE("A process that is gone, or waits for its parent, is not described") {
  CHECK(is_empty(described({}, ::getpid(), ::geteuid())));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(0);
  const Fd pidfd = open_pidfd(child);
  siginfo_t ended = {};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
  CHECK(
      is_empty(described({PeerHandle::Kind::pinned, Fd(::dup(pidfd.get()))}, child, ::geteuid())));
  CHECK(is_empty(described({PeerHandle::Kind::unsupported, Fd()}, child, ::geteuid())));
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(
      is_empty(described({PeerHandle::Kind::pinned, Fd(::dup(pidfd.get()))}, child, ::geteuid())));
}

TEST_CASE("The kernel's handle of a living peer is that process") {
  int pair[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
  const Fd one(pair[0]);
  const Fd other(pair[1]);
  const PeerHandle handle = peer_handle(one.get());
  if (handle.kind == PeerHandle::Kind::unsupported) {
    WARN("SKIPPED: this kernel has no SO_PEERPIDFD");
    return;
  }
  CHECK(handle.kind == PeerHandle::Kind::pinned);
  CHECK(handle.pidfd);
  CHECK(peer_handle(-1).kind == PeerHandle::Kind::gone);
}
