// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "catch.h"

using namespace modgate;
using namespace std::chrono_literals;

namespace {

Deadline in(std::chrono::milliseconds time) { return BootClock::now() + time; }

std::pair<Channel, Channel> a_pair() {
  auto pair = Channel::pair();
  REQUIRE(pair);
  return std::move(*pair);
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int descriptor = 0; descriptor < 256; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("Messages keep their bounds and their order") {
  auto [left, right] = a_pair();
  REQUIRE(left.send("one", in(1s)));
  REQUIRE(left.send(std::string("t\0o", 3), in(1s)));
  auto first = right.receive(16, 0, in(1s));
  REQUIRE(first);
  CHECK((*first)->bytes == "one");
  auto second = right.receive(16, 0, in(1s));
  REQUIRE(second);
  CHECK((*second)->bytes == std::string("t\0o", 3));
}

TEST_CASE("A message of the greatest length passes and a longer one is an error, not a part",
          "[CVE-2026-4897]") {
  auto [left, right] = a_pair();
  REQUIRE(left.send("12345678", in(1s)));
  CHECK(right.receive(8, 0, in(1s)));
  REQUIRE(left.send("123456789", in(1s)));
  const auto refused = right.receive(8, 0, in(1s));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().outcome == Outcome::usage);
}

TEST_CASE("A descriptor crosses, close-on-exec, and unasked ones are closed") {
  auto [left, right] = a_pair();
  std::array<int, 2> pipe = {-1, -1};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const Fd reader(pipe[0]);
  const Fd writer(pipe[1]);
  const std::size_t before = open_descriptors();
  REQUIRE(left.send("here", in(1s), {writer.get()}));
  auto message = right.receive(16, 1, in(1s));
  REQUIRE(message);
  REQUIRE((*message)->descriptors.size() == 1);
  CHECK((::fcntl((*message)->descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(::write((*message)->descriptors[0].get(), "x", 1) == 1);
  (*message)->descriptors.clear();
  CHECK(open_descriptors() == before);

  REQUIRE(left.send("here", in(1s), {writer.get()}));
  CHECK_FALSE(right.receive(16, 0, in(1s)));
  CHECK(open_descriptors() == before);

  // More than the room for control data: the kernel truncates, and nothing of it stays open.
  std::array<char, CMSG_SPACE(32 * sizeof(int))> control = {};
  char byte = 'x';
  iovec part = {&byte, 1};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* first = CMSG_FIRSTHDR(&header);
  first->cmsg_level = SOL_SOCKET;
  first->cmsg_type = SCM_RIGHTS;
  first->cmsg_len = CMSG_LEN(32 * sizeof(int));
  for (int at = 0; at < 32; ++at) {
    const int descriptor = writer.get();
    std::copy_n(
        reinterpret_cast<const char*>(&descriptor), sizeof descriptor,
        reinterpret_cast<char*>(CMSG_DATA(first)) + static_cast<std::size_t>(at) * sizeof(int));
  }
  REQUIRE(::sendmsg(left.get(), &header, 0) == 1);
  CHECK_FALSE(right.receive(16, 8, in(1s)));
  CHECK(open_descriptors() == before);
}

TEST_CASE("A hang-up is told apart from a message, and what was said before it is heard") {
  auto [left, right] = a_pair();
  REQUIRE(right.send("unread", in(1s)));
  REQUIRE(left.send("last word", in(1s)));
  left.close();
  auto last = right.receive(16, 0, in(1s));
  REQUIRE(last);
  REQUIRE(last->has_value());
  CHECK((*last)->bytes == "last word");
  auto gone = right.receive(16, 0, in(1s));
  REQUIRE(gone);
  CHECK_FALSE(gone->has_value());
  const auto refused = right.send("anyone?", in(1s));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EPIPE);
}

TEST_CASE("Neither a silent nor a deaf peer can hold anyone past the deadline") {
  auto [left, right] = a_pair();
  const auto silent = right.receive(16, 0, in(20ms));
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == ETIMEDOUT);
  const std::string big(32768, 'x');
  Status sent = Done{};
  for (int at = 0; at < 1000 && sent; ++at) sent = left.send(big, in(20ms));
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == ETIMEDOUT);
}
