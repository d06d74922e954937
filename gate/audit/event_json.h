// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modgate {

/// The JSON of one event, members in the order in which they were put in. The recorder makes one
/// for every record while others wait for it: names are not copied, so they must be literals, and
/// it takes less than half the time of nlohmann::ordered_json, whose words it uses.
class EventJson {
 public:
  EventJson() = default;  ///< null; an object or an array once something is put in
  EventJson(std::string text) : kind_(Kind::text), text_(std::move(text)) {}
  EventJson(const char* text) : kind_(Kind::text), text_(text) {}
  EventJson(std::same_as<bool> auto value) : kind_(Kind::plain), text_(value ? "true" : "false") {}
  EventJson(std::integral auto number) requires(!std::same_as<decltype(number), bool>)
      : kind_(Kind::plain), text_(std::to_string(number)) {}

  static EventJson object() { return EventJson(Kind::object); }
  static EventJson array() { return EventJson(Kind::array); }

  /// The member of that name, null where it is new.
  EventJson& operator[](const char* name);
  void push_back(EventJson item);

  /// Whether there is nothing in it: no member, no item.
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }

  /// As one line of printable ASCII: bytes that are no UTF-8 become U+FFFD, what is beyond ASCII is
  /// escaped.
  [[nodiscard]] std::string line() const;

 private:
  enum class Kind : std::uint8_t { null, plain, text, object, array };
  explicit EventJson(Kind kind) : kind_(kind) {}
  void write(std::string& out) const;

  Kind kind_ = Kind::null;
  std::string text_;                     ///< of `plain` and `text`
  std::vector<std::string_view> names_;  ///< of an object's items
  std::vector<EventJson> items_;
};

}  // namespace modgate
