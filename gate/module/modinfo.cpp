// SPDX-License-Identifier: Apache-2.0
#include "gate/module/modinfo.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "gate/module/module_name.h"

namespace modgate {
namespace {

constexpr std::size_t kLargest = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kLongestParameter = 64;
constexpr std::size_t kLongestType = 32;

bool consists_of_words(std::string_view text, char others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == others;
  });
}

}  // namespace

Result<ModInfo> ModInfo::parse(std::span<const std::uint8_t> section) {
  if (section.empty() || section.size() > kLargest || section.back() != 0) {
    return Error{Outcome::rejected, "its modinfo is not sound"};
  }
  std::string_view text(reinterpret_cast<const char*>(section.data()), section.size());
  ModInfo info;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find('\0'));
    text.remove_prefix(entry.size() + 1);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    info.entries_.push_back({entry.substr(0, equals), entry.substr(equals + 1)});
  }
  return info;
}

std::string_view ModInfo::first(std::string_view tag) const noexcept {
  for (const Entry& entry : entries_) {
    if (entry.tag == tag) return entry.value;
  }
  return {};
}

std::vector<std::string_view> ModInfo::all(std::string_view tag) const {
  std::vector<std::string_view> values;
  for (const Entry& entry : entries_) {
    if (entry.tag == tag) values.push_back(entry.value);
  }
  return values;
}

std::vector<DeclaredParameter> declared_parameters(const ModInfo& info) {
  std::map<std::string, std::string, std::less<>> types;
  for (const std::string_view tag : {"parmtype", "parm"}) {
    for (const std::string_view value : info.all(tag)) {
      const std::string_view name = value.substr(0, value.find(':'));
      if (name.empty() || name.size() > kLongestParameter || !consists_of_words(name, '-'))
        continue;
      if (types.size() == kMostParametersListed && !types.contains(canonical_name(name))) continue;
      std::string_view type;
      if (tag == "parmtype" && name.size() < value.size()) type = value.substr(name.size() + 1);
      if (type.size() > kLongestType || !consists_of_words(type, ' ')) type = {};
      types.emplace(canonical_name(name), type);
    }
  }
  std::vector<DeclaredParameter> parameters;
  parameters.reserve(types.size());
  for (auto& [name, type] : types) parameters.push_back({name, std::move(type)});
  return parameters;
}

}  // namespace modgate
