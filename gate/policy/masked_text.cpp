// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/masked_text.h"

#include <cstddef>
#include <cstdint>

namespace modgate {
namespace {

/// Neither white space nor part of a key, and never asked about in vain.
constexpr std::string_view kTwoBytes = "\xdf\x80";        // U+07C0
constexpr std::string_view kThreeBytes = "\xef\xbf\xbd";  // U+FFFD

std::uint32_t bits_of(char byte, unsigned mask) { return static_cast<unsigned char>(byte) & mask; }

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && bits_of(text[at], 0xC0) == 0x80;
}

bool is_mishandled(std::uint32_t character) {
  return (character > 0xA0 && character <= 0x499) ||
         (character >= 0x2C5E && character <= 0x3057 && character != 0x3000) ||
         (character >= 0xFB26 && character < 0xFEFF);
}

/// What to put in the place of the character at `at`; empty: nothing. What is no UTF-8 stays.
std::string_view mask_at(std::string_view text, std::size_t at) {
  if (bits_of(text[at], 0xE0) == 0xC0 && is_continuation(text, at + 1)) {
    const std::uint32_t character = bits_of(text[at], 0x1F) << 6U | bits_of(text[at + 1], 0x3F);
    return is_mishandled(character) ? kTwoBytes : std::string_view();
  }
  if (bits_of(text[at], 0xF0) == 0xE0 && is_continuation(text, at + 1) &&
      is_continuation(text, at + 2)) {
    const std::uint32_t character = bits_of(text[at], 0x0F) << 12U |
                                    bits_of(text[at + 1], 0x3F) << 6U | bits_of(text[at + 2], 0x3F);
    return is_mishandled(character) ? kThreeBytes : std::string_view();
  }
  return {};
}

}  // namespace

std::optional<std::string> masked_text(std::string_view text) {
  std::optional<std::string> masked;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (bits_of(text[at], 0x80) == 0) continue;
    const std::string_view mask = mask_at(text, at);
    if (mask.empty()) continue;
    if (!masked) masked.emplace(text);
    masked->replace(at, mask.size(), mask);
    at += mask.size() - 1;
  }
  return masked;
}

}  // namespace modgate
