// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/witness_url.h"

#include "catch.h"

using namespace modgate;

TEST_CASE("a witness's url is taken apart") {
  struct Row {
    const char* url;
    WitnessUrl parsed;
  };
  const auto row = GENERATE(
      Row{"https://audit.example.org/w1", {true, "audit.example.org", 443, "/w1/add-checkpoint"}},
      Row{"https://audit.example.org", {true, "audit.example.org", 443, "/add-checkpoint"}},
      Row{"http://audit.example.org/", {false, "audit.example.org", 80, "/add-checkpoint"}},
      Row{"http://127.0.0.1:7327/a/b//", {false, "127.0.0.1", 7327, "/a/b/add-checkpoint"}},
      Row{"http://[::1]:65535/w", {false, "::1", 65535, "/w/add-checkpoint"}},
      Row{"https://[2001:db8::1]", {true, "2001:db8::1", 443, "/add-checkpoint"}});
  CAPTURE(row.url);
  auto parsed = parse_witness_url(row.url);
  REQUIRE(parsed);
  CHECK(*parsed == row.parsed);
}

TEST_CASE("what is no witness's url is refused") {
  const std::string url = GENERATE(
      as<std::string>(), "", "audit.example.org", "ftp://audit.example.org", "HTTP://a", "https://",
      "https:///w1", "http://:80/", "http://a:/", "http://a:0/", "http://a:65536/", "http://a:80x/",
      "http://a:-1/", "http://user@a/", "http://a/w?x=1", "http://a/w#x", "http://a/w w",
      "http://a/w\r\nX: y", "http://a b/", "http://[::1", "http://[example.org]/", "http://[]/",
      "http://a/\xc3\xa9", "http://a%2e/");
  CAPTURE(url);
  CHECK_FALSE(parse_witness_url(url));
}

TEST_CASE("a url has an end") {
  CHECK(parse_witness_url("http://a/" + std::string(1000, 'x')));
  CHECK_FALSE(parse_witness_url("http://a/" + std::string(1100, 'x')));
}
