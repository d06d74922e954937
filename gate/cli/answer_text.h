// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace modgate {

/// The text at `key`, made printable; empty where there is none.
std::string text_of(const nlohmann::ordered_json& object, const char* key);

/// The texts of the list at `key`, made printable, with ", " between them.
std::string texts_of(const nlohmann::ordered_json& object, const char* key);

/// Whether `key` is there and true.
bool is_true(const nlohmann::ordered_json& object, const char* key);

/// The object or list at `key`; an empty list where there is none.
const nlohmann::ordered_json& part_of(const nlohmann::ordered_json& object, const char* key);

/// `text` and blanks up to `width` bytes, and two more.
std::string column(const std::string& text, std::size_t width);

}  // namespace modgate
