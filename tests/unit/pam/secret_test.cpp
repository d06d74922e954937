// SPDX-License-Identifier: Apache-2.0
#include "pam/secret.h"

#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "catch.h"

using modgate::Secret;

TEST_CASE("A secret holds up to 511 bytes") {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 510U, 511U}) {
    const std::string text(size, 'p');
    const Secret secret{std::string_view(text)};
    CHECK(secret.view() == text);
    CHECK(secret.is_usable());
  }
  for (const std::size_t size : {512U, 513U, 65536U}) {
    const Secret secret{std::string_view(std::string(size, 'p'))};
    CHECK(secret.view().empty());
    CHECK_FALSE(secret.is_usable());
  }
}

TEST_CASE("A NUL that would cut a secret short makes it unusable") {
  using namespace std::string_view_literals;
  CHECK_FALSE(Secret{"right\0wrong"sv}.is_usable());
  CHECK_FALSE(Secret{"\0"sv}.is_usable());
  CHECK(Secret{"right"sv}.is_usable());
}

TEST_CASE("A secret that was moved from is empty, its bytes are wiped") {
  Secret first{std::string_view("pass")};
  const char* const bytes = first.view().data();
  Secret second(std::move(first));
  CHECK(second.view() == "pass");
  // NOLINTNEXTLINE(bugprone-use-after-move): what is left is what is asked about
  CHECK(first.view().empty());
  CHECK(std::memcmp(bytes, "\0\0\0\0", 4) == 0);

  Secret third{std::string_view("longer one")};
  third = std::move(second);
  CHECK(third.view() == "pass");
  CHECK(std::memcmp(third.view().data(), "pass\0\0\0\0\0\0", 10) == 0);

  Secret unusable{std::string_view(std::string(600, 'x'))};
  third = std::move(unusable);
  CHECK_FALSE(third.is_usable());
}

TEST_CASE("A secret that ends is wiped") {
  alignas(Secret) unsigned char place[sizeof(Secret)] = {};
  auto* secret = new (place) Secret(std::string_view("remarkable"));
  std::destroy_at(secret);
  // volatile: the lifetime has ended, and the compiler must not conclude anything from that.
  const volatile unsigned char* left = place;
  bool found = false;
  for (std::size_t at = 0; at < sizeof place; ++at) found = found || left[at] == 'm';
  CHECK_FALSE(found);
}
