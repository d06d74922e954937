// SPDX-License-Identifier: Apache-2.0
#include "gate/client/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "gate/wire/utf8.h"

namespace modgate {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// Characters of Unicode's category Cf and the separators, as ranges.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 20> kSteering = {{
    {0x80, 0x9f},       {0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},
    {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
    {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0001, 0xe007f},
}};

bool steers(std::uint32_t character) {
  return std::any_of(kSteering.begin(), kSteering.end(), [&](const auto& range) {
    return character >= range.first && character <= range.second;
  });
}

std::string hex_escape(std::string_view mark, std::uint32_t value, int digits) {
  std::string text(mark);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += kDigits[(value >> static_cast<unsigned>(shift)) & 0xfU];
  }
  return text;
}

/// How long the character at the front is; 0 where it is no UTF-8.
std::size_t length_of_first(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

/// The code point of one well-formed character.
std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  std::uint32_t value = first & (0xffU >> (character.size() + 1));
  for (const char byte : character.substr(1)) {
    value = (value << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return value;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of_first(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (first == '\n') {
      shown += "\\n";
    } else if (first == '\t') {
      shown += "\\t";
    } else if (length == 0 || first < 0x20 || first == 0x7f) {
      shown += hex_escape("\\x", first, 2);
    } else if (const std::uint32_t character = code_point(text.substr(0, length));
               length > 1 && steers(character)) {
      shown +=
          character > 0xffff ? hex_escape("\\U", character, 8) : hex_escape("\\u", character, 4);
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

}  // namespace modgate
