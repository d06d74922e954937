// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/reply.h"

#include <array>

#include "gate/wire/fields.h"
#include "modgate/request.h"

namespace modgate {
namespace {

constexpr std::size_t kMostFields = 8;
constexpr std::array<const char*, 4> kStyles = {"secret", "text", "info", "error"};

Error malformed_reply() { return {Outcome::unavailable, "a reply that cannot be understood"}; }

/// NUL ends a field, so text from elsewhere must not hold one.
std::string without_nul(std::string text) {
  for (char& byte : text) {
    if (byte == '\0') byte = ' ';
  }
  return text;
}

Result<Reply> decode_end(const Fields& fields) {
  const std::string* outcome = fields.find("outcome");
  const std::string* message = fields.find("message");
  const std::string* rule = fields.find("rule");
  const std::string* record = fields.find("record");
  if (outcome == nullptr || message == nullptr || rule == nullptr || record == nullptr) {
    return malformed_reply();
  }
  auto number = parse_number(*outcome, static_cast<std::uint64_t>(Outcome::unavailable));
  if (!number) return malformed_reply();
  return Reply(ReplyEnd{static_cast<Outcome>(*number), *message, *rule, *record});
}

Result<Reply> decode_prompt(const Fields& fields) {
  const std::string* style = fields.find("style");
  const std::string* text = fields.find("text");
  if (style == nullptr || text == nullptr) return malformed_reply();
  for (std::size_t at = 0; at < kStyles.size(); ++at) {
    if (*style == kStyles[at]) {
      return Reply(ReplyPrompt{static_cast<ReplyPrompt::Style>(at), *text});
    }
  }
  return malformed_reply();
}

}  // namespace

std::string encode_reply(const Reply& reply) {
  Fields fields;
  if (const auto* part = std::get_if<ReplyPart>(&reply)) {
    fields.add("reply", "part").add("last", part->last ? "1" : "0");
    fields.add("text", without_nul(part->text));
  } else if (const auto* prompt = std::get_if<ReplyPrompt>(&reply)) {
    fields.add("reply", "prompt").add("style", kStyles.at(static_cast<std::size_t>(prompt->style)));
    fields.add("text", without_nul(prompt->text));
  } else if (const auto* end = std::get_if<ReplyEnd>(&reply)) {
    fields.add("reply", "end");
    fields.add("outcome", std::to_string(static_cast<unsigned>(end->outcome)));
    fields.add("message", without_nul(end->message)).add("rule", without_nul(end->rule));
    fields.add("record", without_nul(end->record));
  }
  return fields.encode();
}

Result<Reply> decode_reply(std::string_view message) {
  auto fields = Fields::decode(message, Limits::message_bytes, kMostFields);
  if (!fields) return malformed_reply();
  const std::string* kind = fields->find("reply");
  if (kind == nullptr) return malformed_reply();
  if (*kind == "end" && fields->all().size() == 5) return decode_end(*fields);
  if (*kind == "prompt" && fields->all().size() == 3) return decode_prompt(*fields);
  const std::string* last = fields->find("last");
  const std::string* text = fields->find("text");
  if (*kind != "part" || fields->all().size() != 3 || last == nullptr || text == nullptr ||
      (*last != "0" && *last != "1") || text->size() > kReplyPartBytes) {
    return malformed_reply();
  }
  return Reply(ReplyPart{*text, *last == "1"});
}

std::string encode_answer(std::string_view answer) {
  std::string message = "answer=";
  message.reserve(message.size() + answer.size() + 1);
  message += answer;
  message += '\0';
  return message;
}

Result<std::string> decode_answer(std::string_view message) {
  constexpr std::string_view kKey = "answer=";
  // By hand: the general decoder would leave copies of a secret behind.
  if (!message.starts_with(kKey) || message.size() > kKey.size() + kAnswerBytes + 1 ||
      message.find('\0') != message.size() - 1) {
    return Error{Outcome::usage, "an answer that cannot be understood"};
  }
  return std::string(message.substr(kKey.size(), message.size() - kKey.size() - 1));
}

}  // namespace modgate
