// SPDX-License-Identifier: Apache-2.0
#include "gate/module/modinfo.h"

#include <cstddef>

namespace modgate {
namespace {

constexpr std::size_t kLargest = std::size_t{4} * 1024 * 1024;

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

}  // namespace modgate
