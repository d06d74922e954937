// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/utf8.h"

#include <cstddef>

namespace modgate {
namespace {

/// What may follow a first byte: how many bytes, and the range of the first of them. The others are
/// always 80 to BF. (RFC 3629, section 4.)
struct Tail {
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  bool valid = true;
};

Tail tail_after(unsigned char first) noexcept {
  if (first < 0x80) return {0, 0x80, 0xbf, true};
  if (first >= 0xc2 && first <= 0xdf) return {1, 0x80, 0xbf, true};
  if (first == 0xe0) return {2, 0xa0, 0xbf, true};
  if (first == 0xed) return {2, 0x80, 0x9f, true};
  if (first >= 0xe1 && first <= 0xef) return {2, 0x80, 0xbf, true};
  if (first == 0xf0) return {3, 0x90, 0xbf, true};
  if (first >= 0xf1 && first <= 0xf3) return {3, 0x80, 0xbf, true};
  if (first == 0xf4) return {3, 0x80, 0x8f, true};
  return {0, 0x80, 0xbf, false};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Tail tail = tail_after(static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
    if (!tail.valid || text.size() < tail.length) return false;
    for (std::size_t at = 0; at < tail.length; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const unsigned char low = at == 0 ? tail.low : 0x80;
      const unsigned char high = at == 0 ? tail.high : 0xbf;
      if (byte < low || byte > high) return false;
    }
    text.remove_prefix(tail.length);
  }
  return true;
}

}  // namespace modgate
