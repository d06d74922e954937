// SPDX-License-Identifier: Apache-2.0
#include "component/client/pseudo_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>

#include "catch.h"

namespace modgate::sample {
namespace {

constexpr int kWaitMs = 20000;
constexpr std::string_view kMark = "<end>";

/// Waits for it, so that a test that hangs fails instead.
void wait_for(int descriptor, short events) {
  pollfd ready = {descriptor, events, 0};
  REQUIRE(::poll(&ready, 1, kWaitMs) == 1);
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    REQUIRE(written > 0);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// In the child: nothing may throw, and nothing of the test program may run at its end.
[[noreturn]] void work_there(const char* name, const AtTerminal::Work& work, int results,
                             int stay) {
  std::string result = "no terminal";
  try {
    if (::setsid() < 0) ::_exit(2);
    Fd tty(::open(name, O_RDWR | O_CLOEXEC));
    if (!tty || ::ioctl(tty.get(), TIOCSCTTY, 0) != 0) ::_exit(2);
    auto terminal = Terminal::open();
    if (!terminal) ::_exit(2);
    result = work(*terminal);
  } catch (const std::exception& failure) {
    result = failure.what();
  }
  const ssize_t told = ::write(results, result.data(), result.size());
  if (told < 0) ::_exit(2);
  // Standard input of the test may be anything: only the end of the pipe counts.
  char nothing = 0;
  const ssize_t got = ::read(stay, &nothing, 1);
  ::_exit(got == 0 ? 0 : 2);
}

}  // namespace

PseudoTerminal::PseudoTerminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  REQUIRE(master_);
  REQUIRE(::grantpt(master_.get()) == 0);
  REQUIRE(::unlockpt(master_.get()) == 0);
  slave_ = Fd(::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(slave_);
}

void PseudoTerminal::type(std::string_view text) { write_all(master_.get(), text); }

void PseudoTerminal::type_half(std::string_view text) {
  // The terminal tells this end that it was stopped and started again (TIOCPKT), and takes its
  // input in order: then it has taken the text too, though nothing was echoed.
  int packets = 1;
  REQUIRE(::ioctl(master_.get(), TIOCPKT, &packets) == 0);
  type(std::string(text) + "\x13\x11");
  for (bool started = false; !started;) {
    wait_for(master_.get(), POLLIN | POLLPRI);
    std::array<char, 4096> packet = {};
    const ssize_t got = ::read(master_.get(), packet.data(), packet.size());
    REQUIRE(got > 0);
    started = (packet[0] & TIOCPKT_START) != 0;
    if (packet[0] == TIOCPKT_DATA) {
      screen_.append(packet.data() + 1, static_cast<std::size_t>(got) - 1);
    }
  }
  packets = 0;
  REQUIRE(::ioctl(master_.get(), TIOCPKT, &packets) == 0);
}

void PseudoTerminal::read_some() {
  wait_for(master_.get(), POLLIN);
  std::array<char, 4096> text = {};
  const ssize_t got = ::read(master_.get(), text.data(), text.size());
  REQUIRE(got > 0);
  screen_.append(text.data(), static_cast<std::size_t>(got));
}

std::string PseudoTerminal::shown_up_to(std::string_view text) {
  std::size_t at = screen_.find(text);
  for (; at == std::string::npos; at = screen_.find(text)) {
    INFO("on the screen: " << screen_);
    read_some();
  }
  std::string before = screen_.substr(0, at + text.size());
  screen_.erase(0, at + text.size());
  return before;
}

std::string PseudoTerminal::shown() {
  // Output comes in order: what was written before the mark is here when it is.
  write_all(slave_.get(), kMark);
  std::string all = shown_up_to(kMark);
  all.resize(all.size() - kMark.size());
  return all;
}

std::string PseudoTerminal::left_in_the_input() {
  termios raw = settings();
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  set(raw);
  std::array<char, 8192> text = {};
  const ssize_t got = ::read(slave_.get(), text.data(), text.size());
  REQUIRE(got >= 0);
  return {text.data(), static_cast<std::size_t>(got)};
}

termios PseudoTerminal::settings() const {
  termios now = {};
  REQUIRE(::tcgetattr(slave_.get(), &now) == 0);
  return now;
}

void PseudoTerminal::set(const termios& settings) {
  REQUIRE(::tcsetattr(slave_.get(), TCSANOW, &settings) == 0);
}

AtTerminal::AtTerminal(const PseudoTerminal& terminal, const Work& work) {
  std::array<int, 2> results = {-1, -1};
  std::array<int, 2> stay = {-1, -1};
  REQUIRE(::pipe2(results.data(), O_CLOEXEC) == 0);
  results_ = Fd(results[0]);
  Fd tell(results[1]);
  REQUIRE(::pipe2(stay.data(), O_CLOEXEC) == 0);
  Fd wait(stay[0]);
  stay_ = Fd(stay[1]);
  const char* name = ::ptsname(terminal.person());
  REQUIRE(name != nullptr);
  process_ = ::fork();
  REQUIRE(process_ >= 0);
  if (process_ > 0) return;
  stay_.reset();
  static_cast<void>(::close(terminal.person()));
  work_there(name, work, tell.get(), wait.get());
}

AtTerminal::~AtTerminal() {
  stay_.reset();
  // A test that failed may have left it waiting for an answer.
  static_cast<void>(::kill(process_, SIGKILL));
  static_cast<void>(::waitpid(process_, nullptr, 0));
}

std::string AtTerminal::result() {
  wait_for(results_.get(), POLLIN);
  std::array<char, 4096> text = {};
  const ssize_t got = ::read(results_.get(), text.data(), text.size());
  REQUIRE(got > 0);
  return {text.data(), static_cast<std::size_t>(got)};
}

bool AtTerminal::has_stopped() {
  int status = 0;
  return ::waitpid(process_, &status, WUNTRACED) == process_ && WIFSTOPPED(status);
}

void AtTerminal::go_on() { REQUIRE(::kill(process_, SIGCONT) == 0); }

}  // namespace modgate::sample
