// SPDX-License-Identifier: Apache-2.0
#include "gate/module/module_name.h"

#include <algorithm>

#include "modgate/request.h"

namespace modgate {

bool is_canonical_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= Limits::module_name &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

bool is_lookup_text(std::string_view text) noexcept {
  constexpr std::string_view kRefused = "\"'`[]/";
  return !text.empty() && text.size() <= Limits::alias &&
         std::all_of(text.begin(), text.end(), [kRefused](char c) {
           return c > ' ' && c <= '~' && kRefused.find(c) == std::string_view::npos;
         });
}

std::string canonical_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string name_of_file(std::string_view path) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending : {".ko", ".ko.xz", ".ko.zst", ".ko.gz"}) {
    if (!file.ends_with(ending)) continue;
    std::string name = canonical_name(file.substr(0, file.size() - ending.size()));
    return is_canonical_name(name) ? name : std::string();
  }
  return {};
}

}  // namespace modgate
