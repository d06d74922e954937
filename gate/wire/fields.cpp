// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/fields.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace modgate {
namespace {

Error malformed_fields(std::string message) { return {Outcome::usage, std::move(message)}; }

bool is_key(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  });
}

}  // namespace

Result<Fields> Fields::decode(std::string_view message, std::size_t max_bytes,
                              std::size_t max_fields) {
  if (message.empty()) return malformed_fields("an empty message");
  if (message.size() > max_bytes) return malformed_fields("a message that is too long");
  if (message.back() != '\0') return malformed_fields("a message that is cut off");
  Fields fields;
  while (!message.empty()) {
    const std::size_t end = message.find('\0');
    const std::string_view field = message.substr(0, end);
    message.remove_prefix(end + 1);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || !is_key(field.substr(0, equals))) {
      return malformed_fields("a message with a malformed_fields field");
    }
    if (fields.find(field.substr(0, equals)) != nullptr) {
      return malformed_fields("a message with a field that stands twice");
    }
    if (fields.fields_.size() == max_fields)
      return malformed_fields("a message with too many fields");
    fields.fields_.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  return fields;
}

Fields& Fields::add(std::string_view key, std::string_view value) {
  if (!is_key(key) || find(key) != nullptr || value.find('\0') != std::string_view::npos) {
    throw std::invalid_argument("a field that cannot be encoded: " + std::string(key));
  }
  fields_.emplace_back(key, value);
  return *this;
}

const std::string* Fields::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : fields_) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string Fields::encode() const {
  std::string message;
  for (const auto& [key, value] : fields_) {
    message += key;
    message += '=';
    message += value;
    message += '\0';
  }
  return message;
}

std::string pack(const std::vector<std::string>& items) {
  std::string packed;
  for (const std::string& item : items) {
    packed += std::to_string(item.size());
    packed += ':';
    packed += item;
  }
  return packed;
}

Result<std::vector<std::string>> unpack(std::string_view packed, std::size_t max_items) {
  std::vector<std::string> items;
  while (!packed.empty()) {
    const std::size_t colon = packed.substr(0, 21).find(':');
    if (colon == std::string_view::npos) return malformed_fields("a list that is malformed_fields");
    auto length = parse_number(packed.substr(0, colon), packed.size());
    if (!length || *length > packed.size() - colon - 1)
      return malformed_fields("a list that is malformed_fields");
    if (items.size() == max_items) return malformed_fields("a list that is too long");
    items.emplace_back(packed.substr(colon + 1, *length));
    packed.remove_prefix(colon + 1 + *length);
  }
  return items;
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool shortest = text == "0" || (!text.empty() && text.front() != '0');
  if (error != std::errc() || end != text.data() + text.size() || !shortest || number > max) {
    return malformed_fields("a number that is malformed_fields or too large");
  }
  return number;
}

}  // namespace modgate
