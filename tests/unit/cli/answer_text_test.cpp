// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/answer_text.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"

using namespace modgate;

using Json = nlohmann::ordered_json;

namespace {

const Json kAnswer = Json::parse(R"({
  "text": "tun", "number": 17, "half": 0.5, "yes": true, "no": false, "nothing": null,
  "list": ["a", 1, null, "b", ["c"]], "empty": [], "object": {"text": "inner"},
  "hostile": "\u001b[2J\n\u202e", "hostile list": ["\u0007", "ok"]
})");

}  // namespace

TEST_CASE("A text is taken where there is one, and made printable") {
  struct Row {
    const char* key;
    const char* text;
  };
  const Row rows[] = {
      {"text", "tun"},
      {"number", "17"},
      {"half", "0.5"},
      {"yes", ""},
      {"nothing", ""},
      {"list", ""},
      {"object", ""},
      {"missing", ""},
      {"", ""},
      {"empty", ""},
      {"hostile", "\\x1b[2J\\n\\u202e"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key);
    CHECK(text_of(kAnswer, row.key) == row.text);
  }
}

TEST_CASE("Of a list the texts are taken, and made printable") {
  CHECK(texts_of(kAnswer, "list") == "a, b");
  CHECK(texts_of(kAnswer, "hostile list") == "\\x07, ok");
  CHECK(texts_of(kAnswer, "text") == "tun");
  for (const char* key : {"empty", "number", "yes", "nothing", "missing"}) {
    CAPTURE(key);
    CHECK(texts_of(kAnswer, key).empty());
  }
}

TEST_CASE("Only true is true") {
  CHECK(is_true(kAnswer, "yes"));
  for (const char* key : {"no", "text", "number", "nothing", "list", "object", "missing"}) {
    CAPTURE(key);
    CHECK_FALSE(is_true(kAnswer, key));
  }
}

TEST_CASE("A part is there or an empty list, whatever it is taken from") {
  CHECK(text_of(part_of(kAnswer, "object"), "text") == "inner");
  for (const char* text : {"null", "17", "\"text\"", "true", "[]", "[1]", "{}"}) {
    CAPTURE(text);
    const Json other = Json::parse(text);
    CHECK(part_of(other, "text") == Json::array());
    CHECK(text_of(other, "text").empty());
    CHECK(texts_of(other, "text").empty());
    CHECK_FALSE(is_true(other, "text"));
  }
}

TEST_CASE("A column is as wide as it must be") {
  CHECK(column("tun", 5) == "tun    ");
  CHECK(column("", 0) == "  ");
  CHECK(column("longer", 3) == "longer  ");
}
