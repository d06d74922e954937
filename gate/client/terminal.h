// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "gate/client/signals.h"
#include "gate/wire/reply.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// What a person typed at a prompt. Lies in a fixed array and is wiped when it goes.
class TypedLine {
 public:
  TypedLine() noexcept = default;
  /// At most kAnswerBytes; anything longer is a mistake of the program and leaves it empty.
  explicit TypedLine(std::string_view text) noexcept;
  TypedLine(TypedLine&& other) noexcept;
  TypedLine& operator=(TypedLine&& other) = delete;
  TypedLine(const TypedLine&) = delete;
  TypedLine& operator=(const TypedLine&) = delete;
  ~TypedLine();

  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, kAnswerBytes> bytes_ = {};
  std::size_t size_ = 0;
};

/// The caller's controlling terminal. Prompts go there and answers come from there, never from
/// standard input.
class Terminal {
 public:
  /// nullopt where the caller has none.
  static std::optional<Terminal> open();

  /// For tests: any terminal, best one whose reads do not wait.
  explicit Terminal(Fd tty) : tty_(std::move(tty)) {}

  /// Shows `prompt` and waits for a line of at most kAnswerBytes. Echo is off for a secret, and on
  /// again whatever happens. Ends early, with Outcome::unauthenticated, on Ctrl-C and its like, at
  /// the end of input, and when `hang_up` becomes readable. Ctrl-Z stops the program with the
  /// terminal as it was, and the prompt comes again afterwards.
  Result<TypedLine> ask(std::string_view prompt, bool secret, Signals& signals, int hang_up);

  /// Shows a line.
  void show(std::string_view text);

 private:
  Result<TypedLine> read_line(std::string_view prompt, Signals& signals, int hang_up,
                              const termios& before, const termios& wanted);
  void write(std::string_view text);

  Fd tty_;
};

}  // namespace modgate
