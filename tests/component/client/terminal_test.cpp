// SPDX-License-Identifier: Apache-2.0
#include "gate/client/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "catch.h"
#include "component/client/pseudo_terminal.h"

using namespace modgate;
using sample::AtTerminal;
using sample::PseudoTerminal;

namespace {

constexpr bool kSecret = true;
constexpr bool kShown = false;

/// Both ends of a pipe; the writing end is what the helper would hang up.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends = {-1, -1};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }
  Fd reader;
  Fd writer;
};

/// Asks "Word? " at the terminal: "typed TEXT" or "KIND: MESSAGE".
AtTerminal::Work asking(bool secret, Pipe& helper) {
  return [secret, &helper](Terminal& terminal) -> std::string {
    helper.writer.reset();
    const Fd hang_up = std::move(helper.reader);
    auto signals = Signals::take();
    if (!signals) return signals.error().message;
    auto typed = terminal.ask("Word? ", secret, *signals, hang_up.get());
    if (typed) return "typed " + std::string(typed->text());
    return std::string(word(typed.error().outcome)) + ": " + typed.error().message;
  };
}

bool gave_up_the_terminal() {
  const Fd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  return tty && ::ioctl(tty.get(), TIOCNOTTY) == 0;
}

bool same(const termios& left, const termios& right) {
  return left.c_iflag == right.c_iflag && left.c_oflag == right.c_oflag &&
         left.c_cflag == right.c_cflag && left.c_lflag == right.c_lflag;
}

}  // namespace

TEST_CASE("A secret is asked for without echo, anything else with it, and echo comes back") {
  struct Row {
    bool secret;
    const char* shown;
  };
  const Row rows[] = {{kSecret, "\r\n"}, {kShown, "tiger\r\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.secret);
    PseudoTerminal terminal;
    const termios before = terminal.settings();
    Pipe helper;
    AtTerminal asked(terminal, asking(row.secret, helper));
    CHECK(terminal.shown_up_to("Word? ") == "Word? ");
    CHECK(terminal.echoes() != row.secret);
    terminal.type("tiger\n");
    CHECK(asked.result() == "typed tiger");
    CHECK(terminal.shown() == row.shown);
    CHECK(same(terminal.settings(), before));
  }
}

TEST_CASE("An answer has at most 511 bytes and is one line of text", "[CVE-2019-18634]") {
  struct Row {
    std::string typed;
    std::string result;
  };
  const std::string malformed = "unauthenticated: the answer is too long or malformed";
  const Row rows[] = {
      {"\n", "typed "},
      {"\r", "typed "},
      {"a\tb \n", "typed a\tb "},
      {std::string(511, 'p') + '\n', "typed " + std::string(511, 'p')},
      {std::string(512, 'p') + '\n', malformed},
      {std::string(511, 'p') + "x\x7f\n", "typed " + std::string(511, 'p')},
      {std::string(4095, 'p') + '\n', malformed},
      {std::string("a\0b\n", 4), malformed},
      {"\x04", "unauthenticated: no answer was given"},
      {"half\x04", malformed},
      {"wrong\x15right\n", "typed right"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.typed.size(), row.typed.substr(0, 8));
    PseudoTerminal terminal;
    Pipe helper;
    AtTerminal asked(terminal, asking(kSecret, helper));
    static_cast<void>(terminal.shown_up_to("Word? "));
    terminal.type(row.typed);
    CHECK(asked.result() == row.result);
    CHECK(terminal.shown() == "\r\n");
    CHECK(terminal.echoes());
  }
}

TEST_CASE("A line that Ctrl-C takes back at the last moment is not waited for") {
  constexpr int kAsks = 4000;
  PseudoTerminal terminal;
  Pipe ended;
  // Taken until the process ends: one Ctrl-C more than was wanted may be left.
  std::optional<Signals> signals;
  AtTerminal asked(terminal, [&ended, &signals](Terminal& at) -> std::string {
    auto taken = Signals::take();
    if (!taken) return taken.error().message;
    signals.emplace(std::move(*taken));
    constexpr int kNobodyHangsUp = -1;
    for (int ask = 0; ask < kAsks; ++ask) {
      const auto typed = at.ask("Word? ", kSecret, *signals, kNobodyHangsUp);
      if (!typed && typed.error().message != "interrupted") return typed.error().message;
      if (::write(ended.writer.get(), "e", 1) != 1) return "nobody listens";
    }
    return "all have ended";
  });
  // Before the first one Ctrl-C would end the process.
  static_cast<void>(terminal.shown_up_to("Word? "));
  for (int ask = 0; ask < kAsks; ++ask) {
    terminal.type("tiger\n");
    // What was typed too early is thrown away, but one more Ctrl-C must always do.
    pollfd ready = {ended.reader.get(), POLLIN, 0};
    for (int more = 0; more < 100 && ready.revents == 0; ++more) {
      terminal.type("\x03");
      REQUIRE(::poll(&ready, 1, 100) >= 0);
    }
    REQUIRE(ready.revents == POLLIN);
    char one = 0;
    REQUIRE(::read(ended.reader.get(), &one, 1) == 1);
  }
  CHECK(asked.result() == "all have ended");
}

TEST_CASE("A mebibyte without an end of line is bounded and none of it is left",
          "[CVE-2019-18634]") {
  PseudoTerminal terminal;
  Pipe helper;
  AtTerminal asked(terminal, asking(kSecret, helper));
  static_cast<void>(terminal.shown_up_to("Word? "));
  terminal.type(std::string(std::size_t{1} << 20U, 'p'));
  terminal.type("\n");
  CHECK(asked.result() == "unauthenticated: the answer is too long or malformed");
  CHECK(terminal.shown() == "\r\n");
  CHECK(terminal.left_in_the_input().empty());
}

TEST_CASE("What was typed before the prompt is no answer to it") {
  for (const bool secret : {kSecret, kShown}) {
    for (const std::string ahead : {"", "ahead\n", "ah"}) {
      CAPTURE(secret, ahead);
      PseudoTerminal terminal;
      if (!ahead.empty()) {
        terminal.type_half(ahead);
        static_cast<void>(terminal.shown());
      }
      Pipe helper;
      AtTerminal asked(terminal, asking(secret, helper));
      static_cast<void>(terminal.shown_up_to("Word? "));
      terminal.type("real\n");
      CHECK(asked.result() == "typed real");
    }
  }
}

TEST_CASE("What is typed behind the answer is not left for the shell",
          "[GHSA-q428-6v73-fc4q][CVE-2025-64170]") {
  PseudoTerminal terminal;
  Pipe helper;
  AtTerminal asked(terminal, asking(kSecret, helper));
  static_cast<void>(terminal.shown_up_to("Word? "));
  terminal.type("real\nreboot\n");
  CHECK(asked.result() == "typed real");
  CHECK(terminal.left_in_the_input().empty());
}

TEST_CASE(
    "A prompt that is given up leaves the terminal as it was, without the half that was typed",
    "[GHSA-q428-6v73-fc4q][CVE-2025-64170]") {
  struct Row {
    const char* key;  ///< nullptr: the helper hangs up
    const char* result;
  };
  const Row rows[] = {
      {nullptr, "unauthenticated: the helper did not wait any longer"},
      {"\x03", "unauthenticated: interrupted"},
      {"\x1c", "unauthenticated: interrupted"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.result);
    PseudoTerminal terminal;
    termios before = terminal.settings();
    // Else the kernel itself throws the input away at an interrupt.
    before.c_lflag |= NOFLSH;
    terminal.set(before);
    Pipe helper;
    AtTerminal asked(terminal, asking(kSecret, helper));
    static_cast<void>(terminal.shown_up_to("Word? "));
    terminal.type_half("half");
    CHECK_FALSE(terminal.echoes());
    if (row.key == nullptr) {
      helper.writer.reset();
    } else {
      terminal.type(row.key);
    }
    CHECK(asked.result() == row.result);
    CHECK(terminal.shown() == "\r\n");
    CHECK(same(terminal.settings(), before));
    CHECK(terminal.left_in_the_input().empty());
  }
}

TEST_CASE("Ctrl-Z stops with the terminal as it was, and the prompt comes again") {
  PseudoTerminal terminal;
  termios before = terminal.settings();
  before.c_lflag |= NOFLSH;
  terminal.set(before);
  Pipe helper;
  AtTerminal asked(terminal, asking(kSecret, helper));
  static_cast<void>(terminal.shown_up_to("Word? "));
  terminal.type_half("half");
  terminal.type("\x1a");
  REQUIRE(asked.has_stopped());
  CHECK(same(terminal.settings(), before));
  CHECK(terminal.shown().empty());
  CHECK(terminal.left_in_the_input().empty());
  terminal.set(before);
  asked.go_on();
  CHECK(terminal.shown_up_to("Word? ") == "Word? ");
  CHECK_FALSE(terminal.echoes());
  terminal.type("tiger\n");
  CHECK(asked.result() == "typed tiger");
  CHECK(same(terminal.settings(), before));
}

TEST_CASE("A terminal that is left without lines, signals or echo is made fit, and given back so") {
  for (const bool secret : {kSecret, kShown}) {
    CAPTURE(secret);
    PseudoTerminal terminal;
    termios before = terminal.settings();
    before.c_lflag &= ~static_cast<tcflag_t>(ICANON | ISIG | ECHO);
    before.c_iflag &= ~static_cast<tcflag_t>(ICRNL);
    terminal.set(before);
    Pipe helper;
    AtTerminal asked(terminal, asking(secret, helper));
    static_cast<void>(terminal.shown_up_to("Word? "));
    CHECK(terminal.echoes() != secret);
    terminal.type("tiger\r");
    CHECK(asked.result() == "typed tiger");
    CHECK(same(terminal.settings(), before));
  }
}

TEST_CASE("A terminal that swallows carriage returns still ends a line with one") {
  PseudoTerminal terminal;
  termios before = terminal.settings();
  before.c_iflag |= IGNCR;
  terminal.set(before);
  Pipe helper;
  AtTerminal asked(terminal, asking(kSecret, helper));
  static_cast<void>(terminal.shown_up_to("Word? "));
  terminal.type("tiger\r");
  CHECK(asked.result() == "typed tiger");
  CHECK(same(terminal.settings(), before));
}

TEST_CASE("A terminal that goes away is no answer") {
  PseudoTerminal terminal;
  Pipe helper;
  AtTerminal asked(terminal, asking(kSecret, helper));
  static_cast<void>(terminal.shown_up_to("Word? "));
  terminal.unplug();
  CHECK_THAT(asked.result(), Catch::Matchers::StartsWith("unauthenticated: "));
}

TEST_CASE("What is no terminal is not asked", "[CVE-2019-18634]") {
  const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  REQUIRE(nothing);
  Terminal terminal(Fd(::dup(nothing.get())));
  auto signals = Signals::take();
  REQUIRE(signals);
  Pipe helper;
  const auto typed = terminal.ask("Word? ", kSecret, *signals, helper.reader.get());
  REQUIRE_FALSE(typed);
  CHECK(typed.error().outcome == Outcome::unauthenticated);
}

TEST_CASE("The controlling terminal is found, and nothing is where there is none") {
  for (const bool gives_it_up : {false, true}) {
    CAPTURE(gives_it_up);
    PseudoTerminal terminal;
    AtTerminal there(terminal, [gives_it_up](Terminal&) -> std::string {
      // Giving it up sends a hang-up to the session.
      if (::signal(SIGHUP, SIG_IGN) == SIG_ERR) return "signal";
      if (gives_it_up && !gave_up_the_terminal()) return "TIOCNOTTY";
      auto found = Terminal::open();
      if (found) found->show("here");
      return found ? "found" : "none";
    });
    CHECK(there.result() == (gives_it_up ? "none" : "found"));
    CHECK(terminal.shown() == (gives_it_up ? "" : "here\r\n"));
  }
}

TEST_CASE("A prompt and a line cannot steer the terminal", "[CVE-2023-28486][CVE-2023-28487]") {
  PseudoTerminal terminal;
  AtTerminal asked(terminal, [](Terminal& there) {
    there.show("\x1b[2J\nno\u202e");
    return std::string("done");
  });
  CHECK(asked.result() == "done");
  CHECK(terminal.shown() == "\\x1b[2J\\nno\\u202e\r\n");
}

TEST_CASE("A typed line is wiped where it was moved from and empty where it is too long") {
  TypedLine line("tiger");
  const TypedLine moved(std::move(line));
  CHECK(moved.text() == "tiger");
  CHECK(line.text().empty());
  CHECK(TypedLine(std::string(kAnswerBytes, 'p')).text().size() == kAnswerBytes);
  CHECK(TypedLine(std::string(kAnswerBytes + 1, 'p')).text().empty());
}
