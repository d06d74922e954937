// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Takes the signals that a terminal sends as something to read, so that the terminal is always
/// given back as it was found. The signals are blocked while it lives.
class Signals {
 public:
  static Result<Signals> take();
  Signals(Signals&& other) noexcept = default;
  Signals& operator=(Signals&& other) noexcept = delete;
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// Readable when a signal waits.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  /// The signal that waits: SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGTSTP; 0 where none does.
  int next() noexcept;

 private:
  Signals(Fd descriptor, const sigset_t& before)
      : descriptor_(std::move(descriptor)), before_(before) {}

  Fd descriptor_;
  sigset_t before_;
};

}  // namespace modgate
