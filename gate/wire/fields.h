// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// One message: a run of `key=value`, each ended by NUL, as in the kernel's own uevents. Keys are
/// of a-z 0-9 _; values are any bytes but NUL; no key stands twice.
class Fields {
 public:
  /// Decodes one whole message. Refuses (Outcome::usage) an empty message, more than `max_bytes` or
  /// `max_fields`, a field without '=', an empty or malformed key, a key that stands twice, and a
  /// message that does not end in NUL.
  static Result<Fields> decode(std::string_view message, std::size_t max_bytes,
                               std::size_t max_fields);

  /// Adds a field. The key must be well-formed and new and the value free of NUL; a breach is a
  /// mistake of the program and throws std::invalid_argument.
  Fields& add(std::string_view key, std::string_view value);

  /// The value, or nullptr where the message has no such key.
  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

  /// Every field, in the order of the message.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept {
    return fields_;
  }

  [[nodiscard]] std::string encode() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Packs any number of strings into one value: each as its length in decimal, ':' and its bytes.
std::string pack(const std::vector<std::string>& items);

/// Takes a packed value apart. Refuses more than `max_items`, a length that is not the shortest
/// decimal, and bytes that are left over.
Result<std::vector<std::string>> unpack(std::string_view packed, std::size_t max_items);

/// A decimal number of at most `max` without sign, blank or leading zero.
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t max);

}  // namespace modgate
