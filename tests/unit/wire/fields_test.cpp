// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/fields.h"

#include <stdexcept>
#include <string>

#include "catch.h"

using namespace modgate;
using namespace std::string_literals;

TEST_CASE("Fields decode to what was encoded, in order") {
  Fields fields;
  fields.add("verb", "load").add("empty", "").add("odd", "a=b\n\xff");
  const auto decoded = Fields::decode(fields.encode(), 1024, 8);
  REQUIRE(decoded);
  CHECK(decoded->all() == fields.all());
  CHECK(*decoded->find("odd") == "a=b\n\xff");
  CHECK(decoded->find("absent") == nullptr);
}

TEST_CASE("A message is refused that is not whole and well-formed") {
  const std::string refused[] = {
      ""s,      "\0"s,      "a=1"s,        "a=1\0b=2"s, "a\0"s,    "=1\0"s,
      "A=1\0"s, "a-b=1\0"s, "a=1\0a=2\0"s, "a=1\0\0"s,  " a=1\0"s, std::string(33, 'a') + "=1\0"s,
  };
  for (const std::string& message : refused) {
    CAPTURE(message);
    const auto decoded = Fields::decode(message, 1024, 8);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().outcome == Outcome::usage);
  }
}

TEST_CASE("The bounds of a message hold at their edges") {
  const std::string two = "a=1\0b=2\0"s;
  CHECK(Fields::decode(two, two.size(), 2));
  CHECK_FALSE(Fields::decode(two, two.size() - 1, 2));
  CHECK_FALSE(Fields::decode(two, two.size(), 1));
}

TEST_CASE("A field that cannot be encoded is a mistake of the program") {
  Fields fields;
  fields.add("a", "1");
  CHECK_THROWS_AS(fields.add("a", "2"), std::invalid_argument);
  CHECK_THROWS_AS(fields.add("B", "2"), std::invalid_argument);
  CHECK_THROWS_AS(fields.add("b", "2\0"s), std::invalid_argument);
}

TEST_CASE("A packed list unpacks to itself and to nothing else") {
  const std::vector<std::string> items = {"", "a:b", "12:", std::string(3, '\0')};
  const auto unpacked = unpack(pack(items), 4);
  REQUIRE(unpacked);
  CHECK(*unpacked == items);
  CHECK_FALSE(unpack(pack(items), 3));
  for (const char* text : {"1", "1:", ":a", "01:a", "+1:a", "-1:a", "2:a", "1:ab", " 1:a",
                           "18446744073709551616:a", "18446744073709551615:a"}) {
    CAPTURE(text);
    CHECK_FALSE(unpack(text, 8));
  }
}

TEST_CASE("A number is the shortest decimal within its bound") {
  const auto number = parse_number("18446744073709551615", UINT64_MAX);
  REQUIRE(number);
  CHECK(*number == UINT64_MAX);
  CHECK(parse_number("0", 0));
  for (const char* text :
       {"", "00", "01", "-1", "+1", " 1", "1 ", "0x1", "8", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text, 7));
  }
}
