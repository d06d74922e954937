// SPDX-License-Identifier: Apache-2.0
#include "gate/client/printable.h"

#include <string>

#include "catch.h"
#include "gate/wire/utf8.h"

using namespace modgate;
using namespace std::string_literals;

TEST_CASE("What steers a terminal is escaped, and its neighbour that does not is shown") {
  struct Row {
    std::string text;
    std::string shown;
  };
  const Row rows[] = {
      {"", ""},
      {"vxlan", "vxlan"},
      {"\x1b[31m", "\\x1b[31m"},
      {"a\tb\nc\rd", "a\\tb\\nc\\x0dd"},
      {"\0\x01\x1f "s, "\\x00\\x01\\x1f "},
      {"~\x7f", "~\\x7f"},
      {"a\\b", "a\\b"},
      // C1 and the no-break space behind it.
      {"\u0080\u009b\u009f", "\\u0080\\u009b\\u009f"},
      {"\u00a0", "\u00a0"},
      {"\u00ad\u00ae", "\\u00ad\u00ae"},
      // Direction: marks, embeddings, isolates; a Hebrew letter is no mark.
      {"\u200e\u200f\u202a\u202e\u2066\u2069\u061c",
       "\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069\\u061c"},
      {"\u05d0\u2010\u2030", "\u05d0\u2010\u2030"},
      {"a\u200bb\ufeff\ufefe", "a\\u200bb\\ufeff\ufefe"},
      {"\u2028\u2029\u2027", "\\u2028\\u2029\u2027"},
      {"\U000e0041\U000e0100", "\\U000e0041\U000e0100"},
      {"\U0001f512 \U0010ffff", "\U0001f512 \U0010ffff"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.shown);
    CHECK(printable(row.text) == row.shown);
  }
}

TEST_CASE("Bytes that are no UTF-8 are escaped one by one, and what follows is shown") {
  struct Row {
    std::string text;
    std::string shown;
  };
  const Row rows[] = {
      {"\xc3\xa4", "\u00e4"},
      {"\xc3", "\\xc3"},
      {"\xc3(", "\\xc3("},
      {"\xff\xfe", "\\xff\\xfe"},
      {"\xa4\x62", "\\xa4\x62"},
      {"\xc0\x9b", "\\xc0\\x9b"},                    // ESC, overlong
      {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},           // the same in three bytes
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above the last character
      {"\xe2\x80", "\\xe2\\x80"},                    // half of a mark
      {"\xe2\x80\xae", "\\u202e"},                   // the whole of it
  };
  for (const Row& row : rows) {
    CAPTURE(row.shown);
    CHECK(printable(row.text) == row.shown);
  }
}

TEST_CASE(
    "Whatever two bytes follow each other, what is shown is UTF-8 without control characters") {
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    const std::string text = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xffU)};
    const std::string shown = printable(text);
    bool clean = is_utf8(shown) && !shown.empty();
    for (const char byte : shown) {
      clean = clean && static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f;
    }
    if (!clean) FAIL("bytes " << pair << " are shown as " << shown);
  }
}
