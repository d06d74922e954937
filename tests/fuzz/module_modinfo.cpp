// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "gate/module/modinfo.h"
#include "gate/module/module_name.h"

/// Any bytes as a .modinfo section: what is found lies within it, and what is listed could be
/// named.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto info = modgate::ModInfo::parse(std::span(data, size));
  if (static_cast<bool>(info) != (size > 0 && data[size - 1] == 0)) std::abort();
  if (!info) return 0;
  const std::string_view section(reinterpret_cast<const char*>(data), size);
  for (const std::string_view tag : {"name", "vermagic", "depends", "parm", ""}) {
    const auto all = info->all(tag);
    if (!all.empty() && all.front() != info->first(tag)) std::abort();
    for (const std::string_view value : all) {
      if (value.data() < section.data() || value.data() + value.size() >= section.end() ||
          value.find('\0') != std::string_view::npos) {
        std::abort();
      }
    }
  }
  const auto parameters = modgate::declared_parameters(*info);
  if (parameters.size() > modgate::kMostParametersListed) std::abort();
  for (std::size_t at = 0; at < parameters.size(); ++at) {
    if (parameters[at].name.empty() ||
        parameters[at].name != modgate::canonical_name(parameters[at].name)) {
      std::abort();
    }
    if (at > 0 && parameters[at - 1].name >= parameters[at].name) std::abort();
  }
  return 0;
}
