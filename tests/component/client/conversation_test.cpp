// SPDX-License-Identifier: Apache-2.0
#include "gate/client/conversation.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "component/client/pseudo_terminal.h"
#include "gate/wire/request_codec.h"

using namespace modgate;
using namespace std::chrono_literals;
using namespace std::string_literals;
using sample::AtTerminal;
using sample::PseudoTerminal;

namespace {

using Style = ReplyPrompt::Style;

Deadline soon() { return BootClock::now() + 20s; }

/// The caller's and the helper's end of one connection.
struct Line {
  Line() {
    auto pair = Channel::pair();
    REQUIRE(pair);
    gate = std::move(pair->first);
    helper = std::move(pair->second);
  }

  void say(const Reply& reply) { say_bytes(encode_reply(reply)); }
  void say_bytes(const std::string& bytes) { REQUIRE(helper.send(bytes, soon())); }

  /// What the helper heard; "" when the caller has hung up.
  std::string heard() {
    auto message = helper.receive(Limits::message_bytes, 1, soon());
    REQUIRE(message);
    return *message ? (*message)->bytes : std::string();
  }

  Channel gate;
  Channel helper;
};

Request request_of(Verb verb) {
  Request request;
  request.verb = verb;
  if (verb == Verb::load || verb == Verb::unload) request.modules = {"dummy"};
  return request;
}

/// The lines that come out.
struct Sink {
  LineSink take = [this](const std::string& line) -> Status {
    lines.push_back(line);
    return Done{};
  };
  std::vector<std::string> lines;
};

/// Loads at the terminal: KIND: MESSAGE.
AtTerminal::Work loading(Line& line) {
  return [&line](Terminal& terminal) {
    line.helper.close();
    const LineSink nothing = [](const std::string&) -> Status { return Done{}; };
    const ReplyEnd end = converse(line.gate, request_of(Verb::load), Fd(), &terminal, nothing);
    return std::string(word(end.outcome)) + ": " + end.message;
  };
}

}  // namespace

TEST_CASE("Parts are joined into lines, and the end is returned as it was said") {
  Line line;
  line.say(ReplyPart{"{\"a\":", false});
  line.say(ReplyPart{"", false});
  line.say(ReplyPart{"1}", true});
  line.say(ReplyPart{"", true});
  line.say(ReplyPart{std::string(kReplyPartBytes, 'x'), true});
  line.say(ReplyPart{"half", false});
  line.say(ReplyEnd{Outcome::denied, "no rule allows it", "/etc/p.toml:12", "01985f2e"});
  Sink sink;
  const ReplyEnd end = converse(line.gate, request_of(Verb::list), Fd(), nullptr, sink.take);
  CHECK(sink.lines == std::vector{"{\"a\":1}"s, ""s, std::string(kReplyPartBytes, 'x')});
  CHECK(end.outcome == Outcome::denied);
  CHECK(end.message == "no rule allows it");
  CHECK(end.rule == "/etc/p.toml:12");
  CHECK(end.record == "01985f2e");
}

TEST_CASE("Every outcome is returned as it was said") {
  for (unsigned status = 0; status <= 6; ++status) {
    CAPTURE(status);
    Line line;
    line.say(ReplyEnd{static_cast<Outcome>(status), "said", {}, {}});
    Sink sink;
    const ReplyEnd end = converse(line.gate, request_of(Verb::load), Fd(), nullptr, sink.take);
    CHECK(static_cast<unsigned>(end.outcome) == status);
    CHECK(end.message == "said");
  }
}

TEST_CASE("The request arrives as it was made, with its file where there is one") {
  for (const bool with_file : {true, false}) {
    CAPTURE(with_file);
    Line line;
    line.say(ReplyEnd{Outcome::done, {}, {}, {}});
    Request request = request_of(with_file ? Verb::reload : Verb::load);
    request.handed_over = with_file;
    request.file_label = with_file ? "./mydrv.ko" : "";
    request.reason = "why";
    const Fd file(with_file ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -1);
    Sink sink;
    CHECK(converse(line.gate, request, file, nullptr, sink.take).outcome == Outcome::done);
    auto message = line.helper.receive(Limits::message_bytes, 1, soon());
    REQUIRE(message);
    REQUIRE(*message);
    CHECK((*message)->bytes == encode_request(request));
    CHECK((*message)->descriptors.size() == (with_file ? 1 : 0));
  }
}

TEST_CASE("Without a terminal a question ends it and a remark goes to standard error") {
  struct Row {
    Style style;
    Outcome outcome;
    const char* shown;
  };
  const Row rows[] = {{Style::secret, Outcome::unauthenticated, ""},
                      {Style::text, Outcome::unauthenticated, ""},
                      {Style::info, Outcome::done, "a\\x1b[m\n"},
                      {Style::error, Outcome::done, "a\\x1b[m\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.style);
    Line line;
    line.say(ReplyPrompt{row.style, "a\x1b[m"});
    line.say(ReplyEnd{Outcome::done, {}, {}, {}});
    Sink sink;
    const std::ostringstream shown;
    std::streambuf* before = std::cerr.rdbuf(shown.rdbuf());
    const ReplyEnd end = converse(line.gate, request_of(Verb::load), Fd(), nullptr, sink.take);
    std::cerr.rdbuf(before);
    CHECK(end.outcome == row.outcome);
    CHECK(shown.str() == row.shown);
  }
}

TEST_CASE("A request that changes nothing is never asked anything, terminal or not") {
  for (const Verb verb : {Verb::plan_load, Verb::list, Verb::status, Verb::log}) {
    Line line;
    line.say(ReplyPrompt{Style::secret, "Password: "});
    line.say(ReplyEnd{Outcome::done, {}, {}, {}});
    PseudoTerminal screen;
    Terminal terminal(Fd(::dup(screen.line())));
    Sink sink;
    const ReplyEnd end = converse(line.gate, request_of(verb), Fd(), &terminal, sink.take);
    CHECK(end.outcome == Outcome::unauthenticated);
    CHECK(screen.shown().empty());
  }
}

TEST_CASE("What is no reply ends it") {
  const std::string long_part =
      "reply=part\0last=1\0text="s + std::string(kReplyPartBytes + 1, 'x') + '\0';
  const std::string rows[] = {"hello", "reply=end\0outcome=9\0message=\0rule=\0record=\0"s,
                              "reply=end\0outcome=0\0"s, long_part,
                              encode_request(request_of(Verb::load))};
  for (const std::string& bytes : rows) {
    CAPTURE(bytes.substr(0, 20));
    Line line;
    line.say_bytes(bytes);
    line.say(ReplyEnd{Outcome::done, {}, {}, {}});
    Sink sink;
    const ReplyEnd end = converse(line.gate, request_of(Verb::load), Fd(), nullptr, sink.take);
    CHECK(end.outcome == Outcome::unavailable);
    CHECK_THAT(end.message, Catch::Matchers::ContainsSubstring("does not understand"));
  }
}

TEST_CASE("A message that is too long or brings a descriptor ends it") {
  Line line;
  line.say_bytes(std::string(Limits::message_bytes + 1, 'x'));
  Sink sink;
  CHECK(converse(line.gate, request_of(Verb::load), Fd(), nullptr, sink.take).outcome ==
        Outcome::unavailable);

  Line other;
  REQUIRE(other.helper.send(encode_reply(ReplyEnd{Outcome::done, {}, {}, {}}), soon(), {0}));
  CHECK(converse(other.gate, request_of(Verb::load), Fd(), nullptr, sink.take).outcome ==
        Outcome::unavailable);
}

TEST_CASE("A lost connection is no success, and the last word before it counts") {
  struct Row {
    bool word;
    bool unread;  ///< the helper hangs up without having read the request
  };
  for (const Row& row : {Row{false, false}, Row{true, false}, Row{false, true}, Row{true, true}}) {
    CAPTURE(row.word, row.unread);
    Line line;
    if (row.word) line.say(ReplyEnd{Outcome::unavailable, "too busy", {}, {}});
    if (row.unread) REQUIRE(line.gate.send("an earlier message", soon()));
    line.helper.close();
    Sink sink;
    const ReplyEnd end = converse(line.gate, request_of(Verb::load), Fd(), nullptr, sink.take);
    CHECK(end.outcome == Outcome::unavailable);
    CHECK_THAT(end.message, row.word ? Catch::Matchers::ContainsSubstring("too busy")
                                     : Catch::Matchers::ContainsSubstring("was lost"));
  }
}

TEST_CASE("A connection that is lost within a line shows nothing of it") {
  Line line;
  line.say(ReplyPart{"whole", true});
  line.say(ReplyPart{"half", false});
  line.helper.close();
  Sink sink;
  CHECK(converse(line.gate, request_of(Verb::list), Fd(), nullptr, sink.take).outcome ==
        Outcome::unavailable);
  CHECK(sink.lines == std::vector{"whole"s});
}

TEST_CASE("A line of 16 MiB passes and a longer one ends it", "[CVE-2026-4897]") {
  for (const std::size_t extra : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(extra);
    Line line;
    std::thread helper([&line, extra] {
      const std::string part(kReplyPartBytes, 'x');
      // Who has hung up hears no more.
      bool heard = true;
      for (std::size_t sent = 0; heard && sent < std::size_t{16} << 20U; sent += part.size()) {
        heard = static_cast<bool>(line.helper.send(encode_reply(ReplyPart{part, false}), soon()));
      }
      const ReplyPart last{std::string(extra, 'x'), true};
      heard = heard && line.helper.send(encode_reply(last), soon());
      if (heard) {
        static_cast<void>(
            line.helper.send(encode_reply(ReplyEnd{Outcome::done, {}, {}, {}}), soon()));
      }
    });
    Sink sink;
    const ReplyEnd end = converse(line.gate, request_of(Verb::log), Fd(), nullptr, sink.take);
    line.gate.close();
    helper.join();
    CHECK(end.outcome == (extra == 0 ? Outcome::done : Outcome::unavailable));
    CHECK(sink.lines.size() == (extra == 0 ? 1 : 0));
  }
}

TEST_CASE("Output that cannot be written ends it, with the reason") {
  Line line;
  line.say(ReplyPart{"one", true});
  line.say(ReplyPart{"two", true});
  line.say(ReplyEnd{Outcome::done, {}, {}, {}});
  int calls = 0;
  const ReplyEnd end =
      converse(line.gate, request_of(Verb::list), Fd(), nullptr, [&](const std::string&) -> Status {
        ++calls;
        return Error{Outcome::failed, "the disk is full"};
      });
  CHECK(calls == 1);
  CHECK(end.outcome == Outcome::failed);
  CHECK(end.message == "the disk is full");
}

TEST_CASE("Questions are answered at the terminal, and the end comes after them") {
  PseudoTerminal screen;
  Line line;
  AtTerminal caller(screen, loading(line));
  line.gate.close();
  CHECK(line.heard() == encode_request(request_of(Verb::load)));
  line.say(ReplyPrompt{Style::info, "to be\tseen"});
  line.say(ReplyPrompt{Style::secret, "Password: "});
  CHECK(screen.shown_up_to("Password: ") == "to be\\tseen\r\nPassword: ");
  screen.type("tiger\n");
  CHECK(line.heard() == encode_answer("tiger"));
  line.say(ReplyPrompt{Style::text, "Code: "});
  static_cast<void>(screen.shown_up_to("Code: "));
  screen.type("17\n");
  CHECK(line.heard() == encode_answer("17"));
  line.say(ReplyEnd{Outcome::failed, "in use", {}, {}});
  CHECK(caller.result() == "failed: in use");
  CHECK(screen.shown() == "17\r\n");
}

TEST_CASE("A prompt that is given up ends it unauthenticated and sends no answer") {
  for (const char* key : {"\x03", "\x04", "half\x04"}) {
    CAPTURE(key);
    PseudoTerminal screen;
    Line line;
    AtTerminal caller(screen, loading(line));
    line.gate.close();
    static_cast<void>(line.heard());
    line.say(ReplyPrompt{Style::secret, "Password: "});
    static_cast<void>(screen.shown_up_to("Password: "));
    screen.type(key);
    CHECK_THAT(caller.result(), Catch::Matchers::StartsWith("unauthenticated: "));
    CHECK(screen.echoes());
  }
}

TEST_CASE("What the helper says while somebody types is the last word",
          "[GHSA-q428-6v73-fc4q][CVE-2025-64170]") {
  struct Row {
    std::vector<Reply> said;
    const char* result;
  };
  const ReplyEnd end{Outcome::unauthenticated, "time is up", {}, {}};
  const Row rows[] = {
      {{end}, "unauthenticated: time is up"},
      {{ReplyPrompt{Style::error, "time"}, end}, "unauthenticated: time is up"},
      {{}, "unauthenticated: the helper did not wait any longer"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.result, row.said.size());
    PseudoTerminal screen;
    Line line;
    AtTerminal caller(screen, loading(line));
    line.gate.close();
    static_cast<void>(line.heard());
    line.say(ReplyPrompt{Style::secret, "Password: "});
    static_cast<void>(screen.shown_up_to("Password: "));
    screen.type("\x1a");
    REQUIRE(caller.has_stopped());
    // While the caller stands still, all of it is said.
    for (const Reply& reply : row.said) line.say(reply);
    line.helper.close();
    caller.go_on();
    CHECK(caller.result() == row.result);
    CHECK(screen.echoes());
  }
}

TEST_CASE("Ctrl-C while the kernel works ends the waiting and says so") {
  PseudoTerminal screen;
  Line line;
  AtTerminal caller(screen, loading(line));
  line.gate.close();
  static_cast<void>(line.heard());
  screen.type("\x03");
  CHECK_THAT(caller.result(), Catch::Matchers::StartsWith("unavailable: interrupted"));
}

TEST_CASE("Ctrl-Z while the kernel works stops, and the end is heard afterwards") {
  PseudoTerminal screen;
  Line line;
  AtTerminal caller(screen, loading(line));
  line.gate.close();
  static_cast<void>(line.heard());
  screen.type("\x1a");
  REQUIRE(caller.has_stopped());
  line.say(ReplyEnd{Outcome::done, "done", {}, {}});
  caller.go_on();
  CHECK(caller.result() == "done: done");
}
