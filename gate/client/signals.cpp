// SPDX-License-Identifier: Apache-2.0
#include "gate/client/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace modgate {
namespace {

Error failed(const char* call) {
  return {Outcome::failed, std::string(call) + ": " + std::strerror(errno), errno};
}

}  // namespace

Result<Signals> Signals::take() {
  sigset_t wanted = {};
  sigset_t before = {};
  if (::sigemptyset(&wanted) != 0) return failed("sigemptyset");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
    if (::sigaddset(&wanted, signal) != 0) return failed("sigaddset");
  }
  if (::sigprocmask(SIG_BLOCK, &wanted, &before) != 0) return failed("sigprocmask");
  Fd descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) {
    const Error error = failed("signalfd");
    // Back to what it was; there is nothing else to do if even that fails.
    static_cast<void>(::sigprocmask(SIG_SETMASK, &before, nullptr));
    return error;
  }
  return Signals(std::move(descriptor), before);
}

Signals::~Signals() {
  if (!descriptor_) return;
  // A signal that waits is delivered here, as if it had come now.
  static_cast<void>(::sigprocmask(SIG_SETMASK, &before_, nullptr));
}

int Signals::next() noexcept {
  signalfd_siginfo signal = {};
  const ssize_t got = ::read(descriptor_.get(), &signal, sizeof signal);
  return got == static_cast<ssize_t>(sizeof signal) ? static_cast<int>(signal.ssi_signo) : 0;
}

}  // namespace modgate
