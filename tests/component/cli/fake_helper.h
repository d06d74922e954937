// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "component/client/listening_socket.h"
#include "component/client/temporary_folder.h"
#include "gate/cli/command_line.h"
#include "gate/wire/channel.h"
#include "gate/wire/reply.h"
#include "gate/wire/request_codec.h"
#include "modgate/request.h"

namespace modgate::sample {

/// Listens at a socket of its own and says the same to whoever asks.
class FakeHelper {
 public:
  explicit FakeHelper(std::vector<Reply> says) : says_(std::move(says)) {
    socket_ = bound_socket(path());
    thread_ = std::thread([this] { serve(); });
  }
  FakeHelper(const FakeHelper&) = delete;
  FakeHelper& operator=(const FakeHelper&) = delete;
  ~FakeHelper() { end(); }

  [[nodiscard]] std::string path() const { return folder_.at("gate.sock"); }

  /// What it was asked; nullopt where nobody came. Ends it.
  std::optional<Request> asked() {
    end();
    if (heard_.empty()) return std::nullopt;
    auto request = decode_request(heard_);
    REQUIRE(request);
    return *request;
  }
  [[nodiscard]] std::size_t descriptors() const { return descriptors_; }

 private:
  void end() {
    // Wakes up who still waits for somebody.
    static_cast<void>(::shutdown(socket_.get(), SHUT_RDWR));
    if (thread_.joinable()) thread_.join();
  }

  void serve() {
    Channel caller(Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    if (!caller) return;
    const Deadline soon = BootClock::now() + std::chrono::seconds(20);
    auto message = caller.receive(Limits::message_bytes, 1, soon);
    if (!message || !*message) return;
    heard_ = (*message)->bytes;
    descriptors_ = (*message)->descriptors.size();
    for (const Reply& reply : says_) {
      // Who has hung up hears no more.
      if (!caller.send(encode_reply(reply), soon)) return;
    }
  }

  std::vector<Reply> says_;
  TemporaryFolder folder_;
  Fd socket_;
  std::string heard_;
  std::size_t descriptors_ = 0;
  std::thread thread_;
};

/// What one command printed, and its exit status.
struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs `command` with `line`, whose socket and command are filled in.
inline Ran run(const Command& command, CommandLine line, const std::string& socket) {
  line.command = &command;
  line.socket = socket;
  const std::ostringstream out;
  const std::ostringstream err;
  std::streambuf* out_before = std::cout.rdbuf(out.rdbuf());
  std::streambuf* err_before = std::cerr.rdbuf(err.rdbuf());
  Ran ran;
  try {
    ran.status = command.run(line);
  } catch (const std::exception& failure) {
    ran.err = failure.what();
  }
  std::cout.rdbuf(out_before);
  std::cerr.rdbuf(err_before);
  ran.out = out.str();
  ran.err += err.str();
  return ran;
}

}  // namespace modgate::sample
