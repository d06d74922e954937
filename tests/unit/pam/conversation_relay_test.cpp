// SPDX-License-Identifier: Apache-2.0
#include "pam/conversation_relay.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"

using namespace modgate;

namespace {

/// Answers as it is told, and notes what it was asked.
class Scripted final : public Conversation {
 public:
  std::vector<std::string> heard;
  std::function<Result<Secret>()> answer = [] { return Secret(std::string_view("secret")); };
  std::function<Status()> before_try = [] { return Done{}; };
  std::function<Status()> shown = [] { return Done{}; };

  Result<Secret> ask(std::string_view prompt, bool echo) override {
    heard.push_back((echo ? "echo " : "hidden ") + std::string(prompt));
    return answer();
  }
  Status show(std::string_view text, bool is_error) override {
    heard.push_back((is_error ? "error " : "info ") + std::string(text));
    return shown();
  }
  Status about_to_try() override {
    heard.emplace_back("try");
    return before_try();
  }
};

struct Said {
  int style;
  const char* text;
};

/// What libpam's modules do with a conversation.
class Asker {
 public:
  explicit Asker(Scripted& person) : relay(person) {}
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  ~Asker() { forget(); }

  int say(const std::vector<Said>& said, bool wants_answers = true) {
    forget();
    messages_.clear();
    for (const Said& one : said) messages_.push_back({one.style, one.text});
    std::vector<const pam_message*> pointers;
    for (const pam_message& message : messages_) pointers.push_back(&message);
    return relay.entry()->conv(static_cast<int>(said.size()), pointers.data(),
                               wants_answers ? &responses : nullptr, relay.entry()->appdata_ptr);
  }
  [[nodiscard]] std::string answer(std::size_t at) const {
    REQUIRE(responses != nullptr);
    return responses[at].resp == nullptr ? "(none)" : responses[at].resp;
  }

  ConversationRelay relay;
  pam_response* responses = nullptr;

 private:
  void forget() {
    for (std::size_t at = 0; responses != nullptr && at < messages_.size(); ++at) {
      std::free(responses[at].resp);
    }
    std::free(responses);
    responses = nullptr;
  }
  std::vector<pam_message> messages_;
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("Prompts and texts are carried over, answers come back in their places") {
  Scripted person;
  Asker asker(person);
  CHECK(asker.say({{PAM_TEXT_INFO, "welcome"},
                   {PAM_PROMPT_ECHO_OFF, "Password: "},
                   {PAM_ERROR_MSG, "careful"},
                   {PAM_PROMPT_ECHO_ON, "Code: "}}) == PAM_SUCCESS);
  CHECK(person.heard ==
        Heard{"info welcome", "hidden Password: ", "error careful", "echo Code: ", "try", "try"});
  CHECK(asker.answer(0) == "(none)");
  CHECK(asker.answer(1) == "secret");
  CHECK(asker.answer(2) == "(none)");
  CHECK(asker.answer(3) == "secret");
  CHECK(asker.relay.failure());
}

TEST_CASE("Texts alone need no place for answers, prompts do") {
  Scripted person;
  Asker asker(person);
  CHECK(asker.say({{PAM_TEXT_INFO, "a"}, {PAM_ERROR_MSG, nullptr}}, false) == PAM_SUCCESS);
  CHECK(person.heard == Heard{"info a", "error "});
  CHECK(asker.relay.failure());
  CHECK(asker.say({{PAM_TEXT_INFO, "a"}, {PAM_PROMPT_ECHO_OFF, "b"}}, false) == PAM_CONV_ERR);
  CHECK(person.heard == Heard{"info a", "error "});
  CHECK_FALSE(asker.relay.failure());
}

TEST_CASE("CVE-2022-43995: short answers of every length arrive whole") {
  for (std::size_t size = 0; size <= 9; ++size) {
    const std::string text(size, 'p');
    Scripted person;
    person.answer = [&text] { return Secret{std::string_view(text)}; };
    Asker asker(person);
    REQUIRE(asker.say({{PAM_PROMPT_ECHO_OFF, "?"}}) == PAM_SUCCESS);
    CHECK(asker.answer(0) == text);
  }
}

TEST_CASE("CVE-2015-3238: an answer is at most 511 bytes") {
  for (const std::size_t size : {510U, 511U, 512U, 1U << 20U}) {
    CAPTURE(size);
    const std::string text(size, 'p');
    Scripted person;
    person.answer = [&text] { return Secret{std::string_view(text)}; };
    Asker asker(person);
    const bool fits = size <= 511;
    CHECK(asker.say({{PAM_PROMPT_ECHO_OFF, "?"}}) == (fits ? PAM_SUCCESS : PAM_CONV_ERR));
    CHECK((asker.responses != nullptr) == fits);
    // What does not fit is not even tried.
    CHECK(person.heard.size() == (fits ? 2U : 1U));
    if (fits) CHECK(asker.answer(0) == text);
  }
}

TEST_CASE("An answer with a NUL is not cut short but refused") {
  Scripted person;
  person.answer = [] { return Secret(std::string_view("right\0wrong", 11)); };
  Asker asker(person);
  CHECK(asker.say({{PAM_PROMPT_ECHO_OFF, "?"}}) == PAM_CONV_ERR);
  CHECK(asker.responses == nullptr);
}

TEST_CASE("Up to 32 messages come at once, no more and no fewer than one") {
  for (const std::size_t count : {1U, 32U, 33U, 1000U}) {
    Scripted person;
    Asker asker(person);
    const std::vector<Said> said(count, Said{PAM_PROMPT_ECHO_OFF, "?"});
    CHECK(asker.say(said) == (count <= 32 ? PAM_SUCCESS : PAM_CONV_ERR));
    CHECK(person.heard.size() == (count <= 32 ? 2 * count : 0));
  }
  for (const int count : {0, -1, -2147483647}) {
    Scripted person;
    ConversationRelay relay(person);
    const pam_message message = {PAM_PROMPT_ECHO_OFF, "?"};
    const pam_message* pointer = &message;
    pam_response* responses = nullptr;
    CHECK(relay.entry()->conv(count, &pointer, &responses, relay.entry()->appdata_ptr) ==
          PAM_CONV_ERR);
    CHECK(person.heard.empty());
  }
}

TEST_CASE("Other styles, and messages that are not there, are refused") {
  for (const int style : {0, -1, 5, 6, 7, 100}) {
    Scripted person;
    Asker asker(person);
    CHECK(asker.say({{style, "?"}}) == PAM_CONV_ERR);
    CHECK(person.heard.empty());
  }
  Scripted person;
  ConversationRelay relay(person);
  pam_response* responses = nullptr;
  CHECK(relay.entry()->conv(1, nullptr, &responses, relay.entry()->appdata_ptr) == PAM_CONV_ERR);
  const pam_message* nothing = nullptr;
  CHECK(relay.entry()->conv(1, &nothing, &responses, relay.entry()->appdata_ptr) == PAM_CONV_ERR);
  CHECK(relay.entry()->conv(1, &nothing, &responses, nullptr) == PAM_CONV_ERR);
}

TEST_CASE("An error of any kind gives no answer, and ends the conversation for good") {
  const Error gone{Outcome::unavailable, "the caller hung up"};
  Scripted person;
  SECTION("asking fails") {
    person.answer = [&gone] { return gone; };
  }
  SECTION("asking throws") {
    person.answer = []() -> Result<Secret> { throw std::runtime_error("no"); };
  }
  SECTION("asking throws what is no exception") {
    person.answer = []() -> Result<Secret> { throw 1; };
  }
  SECTION("showing fails") {
    person.shown = [&gone] { return gone; };
  }
  SECTION("the try is not counted") {
    person.before_try = [&gone] { return gone; };
  }
  SECTION("the second try is not counted") {
    person.before_try = [&gone, count = 0]() mutable -> Status {
      if (++count == 2) return gone;
      return Done{};
    };
  }
  Asker asker(person);
  CHECK(asker.say({{PAM_TEXT_INFO, "a"}, {PAM_PROMPT_ECHO_OFF, "b"}, {PAM_PROMPT_ECHO_OFF, "c"}}) ==
        PAM_CONV_ERR);
  CHECK(asker.responses == nullptr);
  REQUIRE_FALSE(asker.relay.failure());

  person.answer = [] { return Secret(std::string_view("secret")); };
  person.shown = person.before_try = [] { return Done{}; };
  person.heard.clear();
  CHECK(asker.say({{PAM_PROMPT_ECHO_OFF, "again"}}) == PAM_CONV_ERR);
  CHECK(asker.responses == nullptr);
  CHECK(person.heard.empty());
}

TEST_CASE("Nothing counts as a try before all questions are answered") {
  Scripted person;
  int asked = 0;
  person.answer = [&asked]() -> Result<Secret> {
    if (++asked == 2) return Error{Outcome::unavailable, "the caller hung up"};
    return Secret(std::string_view("first"));
  };
  Asker asker(person);
  CHECK(asker.say({{PAM_PROMPT_ECHO_OFF, "a"}, {PAM_PROMPT_ECHO_OFF, "b"}}) == PAM_CONV_ERR);
  CHECK(person.heard == Heard{"hidden a", "hidden b"});
}
