// SPDX-License-Identifier: Apache-2.0
#include "gate/client/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "gate/client/printable.h"
#include "gate/wire/reply.h"

namespace modgate {
namespace {

Error given_up(std::string message) { return {Outcome::unauthenticated, std::move(message)}; }

/// Gives the terminal back as it was found.
class Restored {
 public:
  Restored(int tty, const termios& before) : tty_(tty), before_(before) {}
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;
  // A terminal that is gone needs no settings.
  ~Restored() { static_cast<void>(::tcsetattr(tty_, TCSAFLUSH, &before_)); }

 private:
  int tty_;
  const termios& before_;
};

}  // namespace

TypedLine::TypedLine(std::string_view text) noexcept {
  if (text.size() > bytes_.size()) return;
  size_ = text.copy(bytes_.data(), bytes_.size());
}

TypedLine::TypedLine(TypedLine&& other) noexcept : bytes_(other.bytes_), size_(other.size_) {
  ::explicit_bzero(other.bytes_.data(), other.bytes_.size());
  other.size_ = 0;
}

TypedLine::~TypedLine() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

std::optional<Terminal> Terminal::open() {
  // Never waits in a read: Ctrl-C takes back a line that poll(2) has seen (termios(3), NOFLSH).
  Fd tty(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!tty) return std::nullopt;
  return Terminal(std::move(tty));
}

void Terminal::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(tty_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      pollfd ready = {tty_.get(), POLLOUT, 0};
      if (::poll(&ready, 1, -1) >= 0 || errno == EINTR) continue;
    }
    // Who has closed the terminal reads nothing, and the next read of an answer tells.
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Terminal::show(std::string_view text) { write(printable(text) + '\n'); }

Result<TypedLine> Terminal::ask(std::string_view prompt, bool secret, Signals& signals,
                                int hang_up) {
  termios before = {};
  if (::tcgetattr(tty_.get(), &before) != 0) return given_up("the terminal is gone");
  termios wanted = before;
  // Whoever left the terminal without lines or signals cannot have meant that for this.
  wanted.c_lflag |= static_cast<tcflag_t>(ICANON | ISIG);
  wanted.c_iflag |= static_cast<tcflag_t>(ICRNL);
  wanted.c_iflag &= ~static_cast<tcflag_t>(IGNCR | INLCR);
  wanted.c_lflag |= static_cast<tcflag_t>(ECHO);
  if (secret) wanted.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
  // What was typed before the prompt is thrown away: it was not meant for it.
  if (::tcsetattr(tty_.get(), TCSAFLUSH, &wanted) != 0) {
    return given_up("the terminal cannot be made ready for an answer");
  }
  const Restored restored(tty_.get(), before);
  write(printable(prompt));
  auto line = read_line(prompt, signals, hang_up, before, wanted);
  // The end of the line was not echoed, and a line given up has none.
  if (secret || !line) write("\n");
  return line;
}

Result<TypedLine> Terminal::read_line(std::string_view prompt, Signals& signals, int hang_up,
                                      const termios& before, const termios& wanted) {
  std::array<char, 4096> typed = {};
  while (true) {
    std::array<pollfd, 3> ready = {
        {{tty_.get(), POLLIN, 0}, {signals.descriptor(), POLLIN, 0}, {hang_up, POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return given_up("the terminal is gone");
    }
    if (const int signal = ready[1].revents != 0 ? signals.next() : 0; signal == SIGTSTP) {
      if (::tcsetattr(tty_.get(), TCSAFLUSH, &before) != 0 || ::raise(SIGSTOP) != 0 ||
          ::tcsetattr(tty_.get(), TCSAFLUSH, &wanted) != 0) {
        return given_up("the terminal is gone");
      }
      write(printable(prompt));
      continue;
    } else if (signal != 0) {
      return given_up("interrupted");
    }
    if (ready[2].revents != 0) return given_up("the helper did not wait any longer");
    if (ready[0].revents == 0) continue;
    // In canonical mode a read is a line (termios(3)).
    const ssize_t got = ::read(tty_.get(), typed.data(), typed.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return given_up("no answer was given");
    auto length = static_cast<std::size_t>(got);
    const bool whole = typed[length - 1] == '\n';
    if (whole) --length;
    const bool usable =
        whole && length <= kAnswerBytes && ::memchr(typed.data(), '\0', length) == nullptr;
    TypedLine line(usable ? std::string_view(typed.data(), length) : std::string_view());
    ::explicit_bzero(typed.data(), typed.size());
    if (!usable) return given_up("the answer is too long or malformed");
    return line;
  }
}

}  // namespace modgate
