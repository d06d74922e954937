// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "modgate/result.h"

namespace modgate {

/// A part of one line of output (JSON). `last` ends the line.
struct ReplyPart {
  std::string text;
  bool last = true;
};

/// Something to show or ask at the caller's terminal.
struct ReplyPrompt {
  enum class Style : std::uint8_t { secret, text, info, error };
  Style style = Style::info;
  std::string text;
};

/// The end of the conversation.
struct ReplyEnd {
  Outcome outcome = Outcome::unavailable;
  std::string message;  ///< the refusal in one sentence; empty when done
  std::string rule;     ///< "file:line" behind a refusal
  std::string record;   ///< id of the record, empty where there is none
};

using Reply = std::variant<ReplyPart, ReplyPrompt, ReplyEnd>;

/// Bytes of output in one part, so that a part always fits a message.
inline constexpr std::size_t kReplyPartBytes = std::size_t{32} * 1024;

std::string encode_reply(const Reply& reply);

/// Strict and bounded as everything on the wire; for the client, and for the front, which passes on
/// only what decodes.
Result<Reply> decode_reply(std::string_view message);

/// The caller's answer to a prompt of style secret or text. It holds a secret: the caller of these
/// wipes what it gets and gives.
inline constexpr std::size_t kAnswerBytes = 511;  ///< PAM_MAX_RESP_SIZE less the NUL

std::string encode_answer(std::string_view answer);
Result<std::string> decode_answer(std::string_view message);

}  // namespace modgate
