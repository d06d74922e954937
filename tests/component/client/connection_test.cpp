// SPDX-License-Identifier: Apache-2.0
#include "gate/client/connection.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "catch.h"
#include "component/client/listening_socket.h"
#include "component/client/temporary_folder.h"
#include "modgate/request.h"

using namespace modgate;
using namespace std::chrono_literals;
using sample::bound_socket;
using sample::TemporaryFolder;

TEST_CASE("What cannot be connected to is unavailable, and says what to do") {
  const TemporaryFolder folder;
  const std::string path = folder.at("gate.sock");
  SECTION("no socket") {
    const auto gate = connect_to_gate(path, true);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::unavailable);
    CHECK(gate.error().code == ENOENT);
    CHECK_THAT(gate.error().message, Catch::Matchers::ContainsSubstring(path) &&
                                         Catch::Matchers::ContainsSubstring("systemctl status"));
  }
  SECTION("nobody listens") {
    const Fd socket = bound_socket(path, false);
    const auto gate = connect_to_gate(path, true);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::unavailable);
    CHECK(gate.error().code == ECONNREFUSED);
    CHECK_THAT(gate.error().message, Catch::Matchers::ContainsSubstring("systemctl start"));
  }
  SECTION("a socket of another kind") {
    const Fd socket = bound_socket(path, true, SOCK_STREAM);
    const auto gate = connect_to_gate(path, true);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::unavailable);
  }
  SECTION("a folder") {
    const auto gate = connect_to_gate(folder.path(), true);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::unavailable);
  }
}

TEST_CASE("A path of the longest length is connected to; an empty or a longer one is usage") {
  const TemporaryFolder folder;
  std::string path = folder.at("");
  path.append(sizeof(sockaddr_un::sun_path) - 1 - path.size(), 's');
  const Fd socket = bound_socket(path);
  CHECK(connect_to_gate(path, true));
  for (const std::string& wrong : {path + 's', std::string(), std::string(65536, 's')}) {
    CAPTURE(wrong.size());
    const auto gate = connect_to_gate(wrong, true);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::usage);
  }
}

TEST_CASE("A helper that runs as oneself is talked to on a chosen socket alone") {
  const TemporaryFolder folder;
  const std::string path = folder.at("gate.sock");
  const Fd socket = bound_socket(path);
  auto chosen = connect_to_gate(path, true);
  REQUIRE(chosen);
  REQUIRE(chosen->send("hello", BootClock::now() + 5s));
  Channel served(Fd(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  REQUIRE(served);
  auto heard = served.receive(64, 0, BootClock::now() + 5s);
  REQUIRE(heard);
  CHECK((*heard)->bytes == "hello");

  // Root's helper is everybody's.
  const bool trusted = ::geteuid() == 0;
  const auto unchosen = connect_to_gate(path, false);
  CHECK(static_cast<bool>(unchosen) == trusted);
  if (!trusted) CHECK(unchosen.error().outcome == Outcome::unavailable);
}

TEST_CASE("A helper that runs as somebody else hears nothing, chosen or not") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root can be somebody else");
    return;
  }
  const TemporaryFolder folder;
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  const std::string path = folder.at("gate.sock");
  // Who listens is who the kernel names.
  REQUIRE(::seteuid(65534) == 0);
  const Fd socket = bound_socket(path);
  REQUIRE(::seteuid(0) == 0);
  for (const bool chosen : {true, false}) {
    CAPTURE(chosen);
    const auto gate = connect_to_gate(path, chosen);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().outcome == Outcome::unavailable);
    CHECK_THAT(gate.error().message, Catch::Matchers::ContainsSubstring("65534"));
    const Channel served(Fd(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    char nothing = 0;
    CHECK(::recv(served.get(), &nothing, 1, 0) == 0);
  }
}
