// SPDX-License-Identifier: Apache-2.0
#include "gate/client/conversation.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "gate/client/printable.h"
#include "gate/client/signals.h"
#include "gate/wire/request_codec.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kSendTime{30};
/// The longest line of output that is put together; the longest answer is far shorter.
constexpr std::size_t kLongestLine = std::size_t{16} << 20U;

ReplyEnd broken_off(Outcome outcome, std::string message) {
  return {outcome, std::move(message), {}, {}};
}

ReplyEnd connection_lost() {
  return broken_off(Outcome::unavailable,
                    "the connection to the helper was lost; what was done is recorded; see it "
                    "with: modgate log");
}

/// Only such a request is asked anything, and must not end without a word.
bool may_change_something(Verb verb) {
  return verb == Verb::load || verb == Verb::unload || verb == Verb::reload;
}

bool is_question(const ReplyPrompt& prompt) {
  return prompt.style == ReplyPrompt::Style::secret || prompt.style == ReplyPrompt::Style::text;
}

class Conversation {
 public:
  Conversation(Channel& gate, Signals* signals, Terminal* terminal, const LineSink& sink)
      : gate_(gate), signals_(signals), terminal_(terminal), sink_(sink) {}

  ReplyEnd hear_to_the_end() {
    while (true) {
      if (auto end = await_reply()) return *end;
      auto message = gate_.receive(Limits::message_bytes, 0, BootClock::now() + kSendTime);
      if (!message || !*message) return connection_lost();
      auto reply = decode_reply((*message)->bytes);
      if (!reply) {
        return broken_off(Outcome::unavailable,
                          "the helper spoke what this version does not understand");
      }
      if (auto* end = std::get_if<ReplyEnd>(&*reply)) return std::move(*end);
      std::optional<ReplyEnd> end;
      if (const auto* part = std::get_if<ReplyPart>(&*reply)) end = take_part(*part);
      if (const auto* prompt = std::get_if<ReplyPrompt>(&*reply)) end = answer(*prompt);
      if (end) return *end;
    }
  }

 private:
  /// Returns once something can be received, or how a signal ended the waiting.
  std::optional<ReplyEnd> await_reply() {
    while (true) {
      const int signals = signals_ == nullptr ? -1 : signals_->descriptor();
      std::array<pollfd, 2> ready = {{{gate_.get(), POLLIN, 0}, {signals, POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return connection_lost();
      }
      if (const int signal = ready[1].revents != 0 ? signals_->next() : 0; signal == SIGTSTP) {
        if (::raise(SIGSTOP) != 0) return connection_lost();
      } else if (signal != 0) {
        return broken_off(Outcome::unavailable,
                          "interrupted: what the kernel was asked already goes on, and its outcome "
                          "is recorded; see it with: modgate log");
      }
      if (ready[0].revents != 0) return std::nullopt;
    }
  }

  std::optional<ReplyEnd> take_part(const ReplyPart& part) {
    if (line_.size() + part.text.size() > kLongestLine) {
      return broken_off(Outcome::unavailable, "the helper sent a line that is too long");
    }
    line_ += part.text;
    if (!part.last) return std::nullopt;
    const Status shown = sink_(std::exchange(line_, {}));
    if (!shown) return broken_off(shown.error().outcome, shown.error().message);
    return std::nullopt;
  }

  std::optional<ReplyEnd> answer(const ReplyPrompt& prompt) {
    if (!is_question(prompt)) {
      show(prompt.text);
      return std::nullopt;
    }
    if (terminal_ == nullptr || signals_ == nullptr) {
      return broken_off(Outcome::unauthenticated,
                        "the helper asks, and there is no terminal to answer at");
    }
    const bool secret = prompt.style == ReplyPrompt::Style::secret;
    auto typed = terminal_->ask(prompt.text, secret, *signals_, gate_.get());
    if (!typed) {
      // Whatever the helper has said meanwhile, such as that time is up, is the better word.
      if (auto last = last_word()) return last;
      return broken_off(typed.error().outcome, typed.error().message);
    }
    std::string message = encode_answer(typed->text());
    // An answer that cannot be sent shows as a lost connection at the next reply.
    static_cast<void>(gate_.send(message, BootClock::now() + kSendTime));
    ::explicit_bzero(message.data(), message.size());
    return std::nullopt;
  }

  void show(const std::string& text) {
    if (terminal_ != nullptr) return terminal_->show(text);
    // A remark that cannot be shown changes nothing.
    std::cerr << printable(text) << '\n';
  }

  /// The end, if it is here already; remarks before it are shown.
  std::optional<ReplyEnd> last_word() {
    while (true) {
      auto message = gate_.receive(Limits::message_bytes, 0, BootClock::now());
      if (!message || !*message) return std::nullopt;
      auto reply = decode_reply((*message)->bytes);
      if (!reply) return std::nullopt;
      if (auto* end = std::get_if<ReplyEnd>(&*reply)) return std::move(*end);
      const auto* prompt = std::get_if<ReplyPrompt>(&*reply);
      if (prompt == nullptr || is_question(*prompt)) return std::nullopt;
      show(prompt->text);
    }
  }

  Channel& gate_;
  Signals* signals_;
  Terminal* terminal_;
  const LineSink& sink_;
  std::string line_;
};

}  // namespace

ReplyEnd converse(Channel& gate, const Request& request, const Fd& file, Terminal* terminal,
                  const LineSink& sink) {
  std::optional<Signals> signals;
  if (may_change_something(request.verb)) {
    auto taken = Signals::take();
    if (!taken) return broken_off(Outcome::failed, taken.error().message);
    signals.emplace(std::move(*taken));
  }
  std::vector<int> descriptors;
  if (file) descriptors.push_back(file.get());
  // A helper that is too busy says so and hangs up without reading: its word is still there.
  const Status sent = gate.send(encode_request(request), BootClock::now() + kSendTime, descriptors);
  if (!sent && sent.error().code != EPIPE && sent.error().code != ECONNRESET) {
    return connection_lost();
  }
  return Conversation(gate, signals ? &*signals : nullptr, terminal, sink).hear_to_the_end();
}

}  // namespace modgate
