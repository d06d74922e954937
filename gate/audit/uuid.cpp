// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/uuid.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "gate/audit/timestamp.h"

namespace modgate {
namespace {

constexpr bool is_dash_place(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::string make_uuid(std::uint64_t epoch_ms, const std::array<std::uint8_t, 10>& random) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t at = 0; at < 6; ++at) {
    bytes[at] = static_cast<std::uint8_t>(epoch_ms >> (8U * (5U - at)));
  }
  for (std::size_t at = 0; at < random.size(); ++at) bytes[6 + at] = random[at];
  bytes[6] = static_cast<std::uint8_t>(0x70U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3fU));
  constexpr const char* kHexOfUuid = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (is_dash_place(text.size())) text += '-';
    text += kHexOfUuid[byte >> 4U];
    text += kHexOfUuid[byte & 0xfU];
  }
  return text;
}

std::string new_uuid() {
  std::array<std::uint8_t, 10> random{};
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  ssize_t got = -1;
  do {
    got = ::getrandom(random.data(), random.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(random.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return make_uuid(static_cast<std::uint64_t>(realtime_ns() / 1'000'000), random);
}

bool is_uuid(const std::string& text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash_place(at) ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace modgate
