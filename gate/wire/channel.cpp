// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace modgate {
namespace {

/// More descriptors than any message of this house carries.
constexpr std::size_t kMostDescriptors = 8;

Error failed(const char* call, int code) {
  return {Outcome::unavailable, std::string(call) + ": " + std::strerror(code), code};
}

/// Waits until the socket is ready for `events`; false at the deadline.
Result<bool> wait(int socket, short events, Deadline deadline) {
  pollfd ready = {socket, events, 0};
  while (true) {
    const auto left = std::max(deadline - BootClock::now(), BootClock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time = {seconds.count(), (left - seconds).count()};
    const int count = ::ppoll(&ready, 1, &time, nullptr);
    if (count > 0) return true;
    if (count == 0) return false;
    if (errno != EINTR) return failed("ppoll", errno);
  }
}

/// Takes the descriptors out of a received message: each has an owner from here on.
std::vector<Fd> take_descriptors(msghdr& header) {
  std::vector<Fd> taken;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(control) + at * sizeof(int), sizeof descriptor);
      taken.emplace_back(descriptor);
    }
  }
  return taken;
}

/// Room for the next message: as long as the one that is there already, where that is less than the
/// longest that may come. Most messages are far shorter.
std::size_t room_for_next(int socket, std::size_t max_bytes) {
  constexpr std::size_t kWorthAsking = 16384;
  if (max_bytes < kWorthAsking) return max_bytes;
  char byte = 0;
  iovec part = {&byte, 1};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  const ssize_t size = ::recvmsg(socket, &header, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  return size < 0 ? max_bytes : std::min(static_cast<std::size_t>(size), max_bytes);
}

}  // namespace

BootClock::time_point BootClock::now() noexcept {
  timespec now = {};
  // CLOCK_BOOTTIME always exists on the kernels that this runs on (clock_gettime(2)).
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return time_point::max();
  return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

Result<std::pair<Channel, Channel>> Channel::pair() {
  std::array<int, 2> ends = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failed("socketpair", errno);
  }
  return std::pair{Channel(Fd(ends[0])), Channel(Fd(ends[1]))};
}

Status Channel::send(std::string_view bytes, Deadline deadline,
                     const std::vector<int>& descriptors) {
  if (descriptors.size() > kMostDescriptors) return failed("sendmsg", E2BIG);
  iovec part = {const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg(2) only reads it
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control = {};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(first), descriptors.data(), descriptors.size() * sizeof(int));
  }
  while (true) {
    const ssize_t sent = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return Done{};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return failed("sendmsg", errno);
    auto ready = wait(socket_.get(), POLLOUT, deadline);
    if (!ready) return ready.error();
    if (!*ready) return failed("sendmsg", ETIMEDOUT);
  }
}

Result<std::optional<Message>> Channel::receive(std::size_t max_bytes, std::size_t max_descriptors,
                                                Deadline deadline) {
  // One byte more than allowed shows a message that is too long.
  Message message;
  message.bytes.resize(room_for_next(socket_.get(), max_bytes) + 1);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control = {};
  iovec part = {message.bytes.data(), message.bytes.size()};
  while (true) {
    msghdr header = {};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t received =
        ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
    // The other end closed with something unread: what it said before that still lies here.
    if (received < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (received < 0 && errno == EAGAIN) {
      auto ready = wait(socket_.get(), POLLIN, deadline);
      if (!ready) return ready.error();
      if (!*ready) return failed("recvmsg", ETIMEDOUT);
      continue;
    }
    if (received < 0) return failed("recvmsg", errno);
    message.descriptors = take_descriptors(header);
    if (received == 0 && message.descriptors.empty()) return std::optional<Message>();
    const auto length = static_cast<std::size_t>(received);
    if (length > max_bytes || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      return Error{Outcome::usage, "a message that is too long", EMSGSIZE};
    }
    if (message.descriptors.size() > max_descriptors) {
      return Error{Outcome::usage, "a message with descriptors that nobody asked for", EMSGSIZE};
    }
    message.bytes.resize(length);
    return std::optional<Message>(std::move(message));
  }
}

}  // namespace modgate
