// SPDX-License-Identifier: Apache-2.0
#include "gate/review/stored_json.h"

#include <sstream>
#include <string>

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Json copy_of(simdjson::dom::element root, std::string_view pointer) {
  simdjson::dom::element found;
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return nullptr;
  std::ostringstream text;
  text << simdjson::minify(found);
  return Json::parse(text.str(), nullptr, false);
}

void copy_to(Json& to, const char* key, simdjson::dom::element root, std::string_view pointer) {
  Json value = copy_of(root, pointer);
  if (!value.is_null() && !value.is_discarded()) to[key] = std::move(value);
}

void copy_keys(Json& to, simdjson::dom::element root, std::string_view pointer,
               std::initializer_list<const char*> keys) {
  for (const char* key : keys) copy_to(to, key, root, std::string(pointer) + '/' + key);
}

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace modgate
