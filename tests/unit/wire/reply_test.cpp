// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/reply.h"

#include <string>

#include "catch.h"
#include "gate/wire/utf8.h"

using namespace modgate;
using namespace std::string_literals;

TEST_CASE("Replies cross the wire") {
  auto part = decode_reply(encode_reply(ReplyPart{"{\"a\": 1}", false}));
  REQUIRE(part);
  CHECK(std::get<ReplyPart>(*part).text == "{\"a\": 1}");
  CHECK_FALSE(std::get<ReplyPart>(*part).last);

  auto prompt = decode_reply(encode_reply(ReplyPrompt{ReplyPrompt::Style::secret, "Password: "}));
  REQUIRE(prompt);
  CHECK(std::get<ReplyPrompt>(*prompt).style == ReplyPrompt::Style::secret);
  CHECK(std::get<ReplyPrompt>(*prompt).text == "Password: ");

  auto end = decode_reply(encode_reply(ReplyEnd{Outcome::denied, "no", "p:1", "id"}));
  REQUIRE(end);
  CHECK(std::get<ReplyEnd>(*end).outcome == Outcome::denied);
  CHECK(std::get<ReplyEnd>(*end).message == "no");
  CHECK(std::get<ReplyEnd>(*end).rule == "p:1");
  CHECK(std::get<ReplyEnd>(*end).record == "id");
}

TEST_CASE("NUL in a text from elsewhere cannot add a field") {
  const auto end = decode_reply(encode_reply(ReplyEnd{Outcome::denied, "no\0outcome=0"s, {}, {}}));
  REQUIRE(end);
  CHECK(std::get<ReplyEnd>(*end).outcome == Outcome::denied);
  CHECK(std::get<ReplyEnd>(*end).message == "no outcome=0");
}

TEST_CASE("A reply is refused that is not exactly one of the three") {
  const std::string refused[] = {
      ""s,
      "reply=end\0outcome=0\0message=\0rule=\0"s,
      "reply=end\0outcome=7\0message=\0rule=\0record=\0"s,
      "reply=end\0outcome=\0message=\0rule=\0record=\0"s,
      "reply=end\0outcome=0\0message=\0rule=\0record=\0more=\0"s,
      "reply=prompt\0style=shout\0text=\0"s,
      "reply=prompt\0text=\0"s,
      "reply=part\0text=\0"s,
      "reply=part\0last=2\0text=\0"s,
      "reply=other\0last=1\0text=\0"s,
      "reply=part\0last=1\0text="s + std::string(kReplyPartBytes + 1, 'a') + '\0',
  };
  for (const std::string& message : refused) {
    CAPTURE(message);
    CHECK_FALSE(decode_reply(message));
  }
}

TEST_CASE("An answer is one field within PAM's limit") {
  const auto longest = decode_answer(encode_answer(std::string(kAnswerBytes, 'p')));
  REQUIRE(longest);
  CHECK(longest->size() == kAnswerBytes);
  CHECK(decode_answer(encode_answer("")));
  CHECK_FALSE(decode_answer(encode_answer(std::string(kAnswerBytes + 1, 'p'))));
  CHECK_FALSE(decode_answer(""));
  CHECK_FALSE(decode_answer("answer="));
  CHECK_FALSE(decode_answer("answer=a\0b\0"s));
  CHECK_FALSE(decode_answer("other=a\0"s));
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* text : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  for (const char* text :
       {"\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}
