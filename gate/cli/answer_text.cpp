// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/answer_text.h"

#include <nlohmann/json.hpp>

#include "gate/client/printable.h"

namespace modgate {

using Json = nlohmann::ordered_json;

const Json& part_of(const Json& object, const char* key) {
  static const Json kNothing = Json::array();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const Json& object, const char* key) {
  const Json& value = part_of(object, key);
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  return value.is_number() ? value.dump() : std::string();
}

std::string texts_of(const Json& object, const char* key) {
  std::string text;
  for (const Json& item : part_of(object, key)) {
    if (!item.is_string()) continue;
    text += (text.empty() ? "" : ", ") + printable(item.get_ref<const std::string&>());
  }
  return text;
}

bool is_true(const Json& object, const char* key) {
  const Json& value = part_of(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::string column(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ') + "  ";
}

}  // namespace modgate
