// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/wire/fields.h"
#include "modgate/result.h"

namespace modgate {

/// Most fields in a message to or from the recorder: of a session, of the listener, of the courier.
inline constexpr std::size_t kRecorderFields = 64;
/// Greatest time or duration on the wire.
inline constexpr std::uint64_t kLongestTime = std::numeric_limits<std::int64_t>::max();

/// Outcome::usage, naming what is wrong.
Error malformed(std::string_view what);

/// Makes a message of fields. A text with a NUL spoils it, which bounded() tells.
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view what) { fields_.add("what", what); }

  FieldWriter& text(std::string_view key, const std::string& value) {
    if (value.find('\0') != std::string::npos) {
      sound_ = false;
    } else {
      fields_.add(key, value);
    }
    return *this;
  }
  FieldWriter& number(std::string_view key, std::uint64_t value) {
    fields_.add(key, std::to_string(value));
    return *this;
  }
  FieldWriter& time(std::string_view key, std::int64_t value) {
    return number(key, static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)));
  }
  template <class Enum>
  FieldWriter& choice(std::string_view key, Enum value) {
    return number(key, static_cast<std::uint64_t>(value));
  }
  template <class Number>
  FieldWriter& optional(std::string_view key, const std::optional<Number>& value) {
    if (value) number(key, static_cast<std::uint64_t>(*value));
    return *this;
  }
  [[nodiscard]] std::string message() const { return fields_.encode(); }
  [[nodiscard]] Result<std::string> bounded(std::size_t max_bytes) const {
    if (!sound_) return Error{Outcome::unavailable, "a text of the record holds a NUL"};
    std::string bytes = fields_.encode();
    if (bytes.size() > max_bytes) {
      return Error{Outcome::unavailable, "the record is longer than the recorder takes"};
    }
    return bytes;
  }

 private:
  Fields fields_;
  bool sound_ = true;
};

/// Takes a message of fields apart, strictly: what is missing, out of range or left over spoils it,
/// which finish() tells. What the takers return before is of no worth until then.
class FieldReader {
 public:
  static Result<FieldReader> open(std::string_view message, std::string_view what,
                                  std::size_t max_bytes) {
    auto fields = Fields::decode(message, max_bytes, kRecorderFields);
    if (!fields) return fields.error();
    FieldReader reader(std::move(*fields));
    if (reader.text("what") != what) return malformed("another one was expected");
    return reader;
  }

  std::string text(std::string_view key) {
    const std::string* const value = fields_.find(key);
    if (value == nullptr) {
      spoil(key);
      return {};
    }
    ++taken_;
    return *value;
  }
  std::uint64_t number(std::string_view key, std::uint64_t max) {
    auto parsed = parse_number(text(key), max);
    if (!parsed) {
      spoil(key);
      return 0;
    }
    return *parsed;
  }
  std::int64_t time(std::string_view key) {
    return static_cast<std::int64_t>(number(key, kLongestTime));
  }
  bool flag(std::string_view key) { return number(key, 1) == 1; }
  template <class Enum>
  Enum choice(std::string_view key, Enum last) {
    return static_cast<Enum>(number(key, static_cast<std::uint64_t>(last)));
  }
  template <class Number>
  std::optional<Number> optional(std::string_view key) {
    if (fields_.find(key) == nullptr) return std::nullopt;
    return static_cast<Number>(number(key, std::numeric_limits<Number>::max()));
  }
  std::vector<std::string> list(std::string_view key, std::size_t max_items) {
    auto items = unpack(text(key), max_items);
    if (!items) {
      spoil(key);
      return {};
    }
    return std::move(*items);
  }
  void spoil(std::string_view key) {
    if (trouble_.empty()) trouble_ = key;
  }
  /// Whether everything was there, and nothing else.
  [[nodiscard]] Status finish() const {
    if (!trouble_.empty()) return malformed(trouble_);
    if (taken_ != fields_.all().size()) return malformed("an unknown field");
    return Done{};
  }

 private:
  explicit FieldReader(Fields fields) : fields_(std::move(fields)) {}
  Fields fields_;
  std::size_t taken_ = 0;
  std::string trouble_;
};

/// A number of a packed list.
inline std::uint64_t number_in(FieldReader& reader, const std::string& text, std::uint64_t max,
                               std::string_view key) {
  auto parsed = parse_number(text, max);
  if (!parsed) {
    reader.spoil(key);
    return 0;
  }
  return *parsed;
}

}  // namespace modgate
