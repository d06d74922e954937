// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/authenticator.h"

#include <bit>
#include <cstring>
#include <string>

#include "catch.h"

using namespace modgate;
using Kind = FromAuthenticator::Kind;

TEST_CASE("no bit of an authenticator's refusal can make it an acceptance", "[CVE-2023-42465]") {
  CHECK(FromAuthenticator{}.kind == Kind::refused);
  const auto bits = [](Kind kind) { return static_cast<std::uint64_t>(kind); };
  for (const Kind other : {Kind::refused, Kind::about_to_try, Kind{}}) {
    CHECK(std::popcount(bits(other) ^ bits(Kind::accepted)) >= 32);
  }
  FromAuthenticator refused;
  refused.pam_status = 7;
  std::string bytes(sizeof refused, '\0');
  std::memcpy(bytes.data(), &refused, sizeof refused);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    FromAuthenticator read;
    std::memcpy(&read, flipped.data(), sizeof read);
    REQUIRE(read.kind != Kind::accepted);
  }
}
