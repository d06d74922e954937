// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gate/audit/stored_event.h"

namespace modgate {

/// What stands at `pointer` of a stored event, as it is; null where nothing does.
nlohmann::ordered_json copy_of(simdjson::dom::element root, std::string_view pointer);

/// Copies the `keys` of the object at `pointer` that are there into `to`.
void copy_keys(nlohmann::ordered_json& to, simdjson::dom::element root, std::string_view pointer,
               std::initializer_list<const char*> keys);

/// Sets `to[key]` to what stands at `pointer`, if anything does.
void copy_to(nlohmann::ordered_json& to, const char* key, simdjson::dom::element root,
             std::string_view pointer);

/// One line of printable ASCII.
std::string one_line(const nlohmann::ordered_json& json);

}  // namespace modgate
