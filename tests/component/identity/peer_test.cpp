// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/peer.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <functional>

#include "catch.h"
#include "gate/identity/process_directory.h"
#include "modgate/handle.h"

using namespace modgate;

namespace {

constexpr uid_t kUid = 65534;
constexpr gid_t kGid = 65533;

/// A socket that children of this test connect to.
class Listener {
 public:
  Listener() : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    // Bound to a name of the kernel's choice in the abstract space.
    address_.sun_family = AF_UNIX;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address_),
                   sizeof(sa_family_t)) == 0);
    size_ = sizeof address_;
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size_) == 0);
    REQUIRE(::listen(socket_.get(), 4) == 0);
    // A child that never connects must not hold up the test.
    const timeval patience = {10, 0};
    REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  }
  [[nodiscard]] Fd connect() const {
    Fd client(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), size_) != 0) {
      client.reset();
    }
    return client;
  }
  [[nodiscard]] Fd accept() const {
    return Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  Fd socket_;
  sockaddr_un address_ = {};
  socklen_t size_ = 0;
};

/// A child that becomes somebody, connects, and lives until the connection is closed.
class Client {
 public:
  Client(const Listener& listener, const std::function<bool()>& become, bool stays = true) {
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      const bool ready = become();
      const Fd socket = ready ? listener.connect() : Fd();
      if (!socket) ::_exit(1);
      char byte = 0;
      ::_exit(stays && ::read(socket.get(), &byte, 1) != 0 ? 1 : 0);
    }
    connection_ = listener.accept();
    REQUIRE(connection_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    connection_.reset();
    if (child_ > 0) static_cast<void>(::waitpid(child_, nullptr, 0));
  }
  [[nodiscard]] int connection() const { return connection_.get(); }
  [[nodiscard]] pid_t pid() const { return child_; }
  void await_end() {
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
  Fd connection_;
};

bool become_nobody(const std::vector<gid_t>& groups) {
  return ::setgroups(groups.size(), groups.data()) == 0 && ::setresgid(kGid, kGid, kGid) == 0 &&
         ::setresuid(kUid, kUid, kUid) == 0;
}

bool skipped_without_root() {
  if (::geteuid() == 0) return false;
  WARN("SKIPPED: only root can connect as somebody else");
  return true;
}

std::string own_name() {
  const auto directory = ProcessDirectory::open(::getpid());
  const auto stat = directory ? directory->stat() : std::nullopt;
  return stat ? stat->name : "";
}

}  // namespace

TEST_CASE("A peer is who the kernel says it is") {
  if (skipped_without_root()) return;
  const Listener listener;
  const Client client(listener, [] { return become_nobody({7, 8, 9}); });
  const auto peer = read_peer(client.connection());
  REQUIRE(peer);
  CHECK(peer->uid == kUid);
  CHECK(peer->gid == kGid);
  CHECK(peer->groups == std::vector<gid_t>{7, 8, 9});
}

TEST_CASE("A peer may have no groups, or very many") {
  if (skipped_without_root()) return;
  const Listener listener;
  std::vector<gid_t> many;
  for (gid_t gid = 1; gid <= 5000; ++gid) many.push_back(gid);
  for (const auto& groups : {std::vector<gid_t>{}, many}) {
    const Client client(listener, [&] { return become_nobody(groups); });
    const auto peer = read_peer(client.connection());
    REQUIRE(peer);
    CHECK(peer->groups == groups);
  }
}

TEST_CASE("What connected is kept, whatever the process becomes afterwards",
          "[CVE-2019-6133][CVE-2013-4288]") {
  if (skipped_without_root()) return;
  const Listener listener;
  const Fd mine = listener.connect();
  REQUIRE(mine);
  const Fd connection = listener.accept();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // The holder of the connection is somebody else now; who connected is not.
    if (!become_nobody({})) ::_exit(1);
    const auto peer = read_peer(connection.get());
    ::_exit(peer && peer->uid == 0 ? 0 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("The process of a peer is described while it lives") {
  const Listener listener;
  const Client client(listener, [] { return ::prctl(PR_SET_NAME, ") R 1 (x") == 0; });
  const auto peer = read_peer(client.connection());
  REQUIRE(peer);
  CHECK(peer->process.pid == client.pid());
  CHECK(peer->process.name == ") R 1 (x");
  CHECK(peer->process.parent_pid == ::getpid());
  CHECK(peer->process.parent_name == own_name());
  const std::int64_t now = std::int64_t{::time(nullptr)} * 1000;
  CHECK(peer->process.started_ms > now - 60'000);
  CHECK(peer->process.started_ms < now + 2'000);
}

TEST_CASE("CVE-2021-3560: a peer that is gone is nobody else") {
  if (skipped_without_root()) return;
  const Listener listener;
  Client client(
      listener, [] { return become_nobody({7}); }, false);
  const pid_t pid = client.pid();
  client.await_end();
  const auto peer = read_peer(client.connection());
  REQUIRE(peer);
  CHECK(peer->uid == kUid);
  CHECK(peer->groups == std::vector<gid_t>{7});
  CHECK(peer->process.pid == pid);
  CHECK(peer->process.name.empty());
  CHECK(peer->process.parent_pid == 0);
  CHECK(peer->process.started_ms == 0);
  CHECK_FALSE(peer->login_uid);
  CHECK(peer->session == LoginSession{});
}

TEST_CASE("What is no connection has no peer", "[CVE-2021-3560]") {
  CHECK_FALSE(read_peer(-1));
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(read_peer(null.get()));
  const Fd lonely(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  CHECK_FALSE(read_peer(lonely.get()));
}

TEST_CASE("Without an audit session the terminal and its leader's start are the login session") {
  const Fd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0) {
    WARN("SKIPPED: no pseudo terminal to be had");
    return;
  }
  char name[64] = {};
  REQUIRE(::ptsname_r(terminal.get(), name, sizeof name) == 0);
  const Listener listener;
  const Client client(listener, [&name] {
    if (::setsid() < 0) return false;
    const int slave = ::open(name, O_RDWR);
    return slave >= 0 && ::ioctl(slave, TIOCSCTTY, 0) == 0;
  });
  const auto peer = read_peer(client.connection());
  REQUIRE(peer);
  CHECK("/dev/" + peer->process.terminal == name);
  if (peer->audit_session) {
    WARN("this test runs in an audit session, which comes first");
    CHECK(peer->session.kind == LoginSession::Kind::audit);
    CHECK(peer->session.id == *peer->audit_session);
    return;
  }
  const auto directory = ProcessDirectory::open(client.pid());
  REQUIRE(directory);
  CHECK(peer->session.kind == LoginSession::Kind::terminal);
  CHECK(peer->session.id == directory->stat()->terminal);
  CHECK(peer->session.leader_start == directory->stat()->start_time);
}

TEST_CASE("With neither audit session nor terminal there is no login session") {
  const Listener listener;
  const Client client(listener, [] { return ::setsid() >= 0; });
  const auto peer = read_peer(client.connection());
  REQUIRE(peer);
  CHECK(peer->process.terminal.empty());
  if (peer->audit_session) {
    WARN("this test runs in an audit session");
    return;
  }
  CHECK(peer->session == LoginSession{});
}
