// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_settings.h"

#include <algorithm>
#include <string_view>

#include "gate/module/bounded_file.h"
#include "gate/module/module_name.h"

namespace modgate {
namespace {

constexpr std::size_t kLargestSetting = 4096;
constexpr std::size_t kLargestCommandLine = std::size_t{64} * 1024;

std::optional<char> first_character(const char* path) {
  const auto text = read_bounded(path, kLargestSetting);
  if (!text || text->empty()) return std::nullopt;
  return text->front();
}

}  // namespace

std::optional<bool> signatures_enforced() {
  const auto setting = first_character("/sys/module/module/parameters/sig_enforce");
  if (!setting) return std::nullopt;
  return *setting == 'Y' || *setting == '1';
}

std::optional<std::string> lockdown_level() {
  const auto text = read_bounded("/sys/kernel/security/lockdown", kLargestSetting);
  return text ? bracketed_word(*text) : std::nullopt;
}

std::optional<bool> modules_disabled() {
  const auto setting = first_character("/proc/sys/kernel/modules_disabled");
  if (!setting) return std::nullopt;
  return *setting != '0';
}

std::optional<bool> is_kernel_blacklisted(const std::string& name) {
  const auto text = read_bounded("/proc/cmdline", kLargestCommandLine);
  if (!text) return std::nullopt;
  return is_on_blacklist(*text, name);
}

bool is_on_blacklist(const std::string& command_line, const std::string& name) {
  std::string_view list;
  std::string_view rest(command_line);
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const auto equals = word.find('=');
    if (equals != std::string_view::npos &&
        canonical_name(word.substr(0, equals)) == "module_blacklist") {
      list = word.substr(equals + 1);
    }
  }
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    if (entry == name) return true;
  }
  return false;
}

std::optional<std::string> bracketed_word(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  return text.substr(open + 1, close - open - 1);
}

}  // namespace modgate
