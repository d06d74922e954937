// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <functional>
#include <string>
#include <string_view>

#include "gate/client/terminal.h"
#include "modgate/handle.h"

namespace modgate::sample {

/// A terminal and the person in front of it.
class PseudoTerminal {
 public:
  PseudoTerminal();

  /// Types, and returns once the kernel has the text; what reads the terminal may not have it yet.
  void type(std::string_view text);

  /// Types something without an end of line, and returns once it lies in the terminal's input.
  void type_half(std::string_view text);

  /// All that was shown since the last call, up to and with `text`, which is waited for.
  std::string shown_up_to(std::string_view text);

  /// All that was shown since the last call.
  std::string shown();

  /// What lies in the input, whole lines or half of one. The terminal reads no lines afterwards.
  std::string left_in_the_input();

  [[nodiscard]] termios settings() const;
  void set(const termios& settings);
  [[nodiscard]] bool echoes() const { return (settings().c_lflag & ECHO) != 0; }

  void unplug() { master_.reset(); }
  [[nodiscard]] int line() const noexcept { return slave_.get(); }
  [[nodiscard]] int person() const noexcept { return master_.get(); }

 private:
  void read_some();

  Fd master_;
  Fd slave_;
  std::string screen_;
};

/// A process of its own whose controlling terminal this is. It lives until the end of this object,
/// so that its end changes nothing at the terminal before the test has looked.
class AtTerminal {
 public:
  using Work = std::function<std::string(Terminal&)>;
  AtTerminal(const PseudoTerminal& terminal, const Work& work);
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;
  ~AtTerminal();

  /// What the work returned.
  std::string result();

  /// Waits until it has stopped itself, and lets it go on.
  bool has_stopped();
  void go_on();

 private:
  pid_t process_ = -1;
  Fd results_;
  Fd stay_;
};

}  // namespace modgate::sample
