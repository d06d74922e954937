// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_settings.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "gate/module/bounded_file.h"
#include "gate/module/module_name.h"
#include "gate/module/vermagic.h"

namespace modgate {
namespace {

constexpr std::size_t kLargestSetting = 4096;
constexpr std::size_t kLargestCommandLine = std::size_t{64} * 1024;
constexpr std::size_t kLargestImaPolicy = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kMostPolicies = 64;

std::optional<char> first_character(const char* path) {
  const auto text = read_bounded(path, kLargestSetting);
  if (!text || text->empty()) return std::nullopt;
  return text->front();
}

std::string text_of(const std::string& path, std::size_t max_bytes) {
  auto text = read_bounded(path, max_bytes);
  return text ? std::move(*text) : std::string();
}

bool is_on(const std::string& setting) {
  return setting.starts_with('1') || setting.starts_with('Y');
}

/// Calls `visit` with each part of `text` between any of `separators`.
template <class Visit>
void each_part(std::string_view text, std::string_view separators, Visit visit) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) visit(part);
  }
}

bool has_item(std::string_view list, std::string_view item) {
  bool found = false;
  each_part(list, ",\n", [&](std::string_view part) { found = found || part == item; });
  return found;
}

/// One rule of an IMA policy (Documentation/ABI/testing/ima_policy), as far as it says whether a
/// module in memory, which lies on a tmpfs, is appraised.
enum class ImaRule { appraises, spares, other };

ImaRule ima_rule(std::string_view line) {
  std::string_view action;
  bool for_modules = true;
  bool for_tmpfs = false;
  bool has_other_conditions = false;
  each_part(line, " \t", [&](std::string_view word) {
    if (action.empty()) {
      action = word;
    } else if (word.starts_with("func=")) {
      for_modules = word == "func=MODULE_CHECK";
    } else if (word == "fsmagic=0x1021994" || word == "fsmagic=0x01021994") {
      for_tmpfs = true;
    } else if (word.starts_with("fsmagic=") || word.starts_with("fsuuid=") ||
               word.starts_with("fsname=")) {
      has_other_conditions = true;
    }
  });
  if (!for_modules || has_other_conditions) return ImaRule::other;
  if (action == "appraise") return ImaRule::appraises;
  return action == "dont_appraise" && for_tmpfs ? ImaRule::spares : ImaRule::other;
}

/// The first rule that is about a file decides.
bool ima_policy_appraises(std::string_view policy) {
  ImaRule first = ImaRule::other;
  each_part(policy, "\n", [&](std::string_view line) {
    if (first == ImaRule::other) first = ima_rule(line);
  });
  return first == ImaRule::appraises;
}

/// Of the policies that are built into the kernel only this one appraises what lies on a tmpfs.
bool ima_appraises_by(std::string_view command_line) {
  bool secure_boot = false;
  bool enforces = true;
  each_part(command_line, " \n", [&](std::string_view word) {
    const std::string_view value = word.substr(std::min(word.find('=') + 1, word.size()));
    if (word.starts_with("ima_policy=")) {
      each_part(value, "|",
                [&](std::string_view name) { secure_boot = secure_boot || name == "secure_boot"; });
    } else if (word.starts_with("ima_appraise=")) {
      enforces = value != "off" && value != "fix" && value != "log";
    }
  });
  return secure_boot && enforces;
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

std::vector<std::string> file_guards() {
  const std::string security = "/sys/kernel/security/";
  GuardTexts texts;
  texts.lsm = text_of(security + "lsm", kLargestSetting);
  texts.command_line = text_of("/proc/cmdline", kLargestCommandLine);
  texts.ima_policy = text_of(security + "ima/policy", kLargestImaPolicy);
  texts.loadpin = text_of("/sys/module/loadpin/parameters/enforce", kLargestSetting);
  if (texts.loadpin.empty()) {
    texts.loadpin = text_of("/proc/sys/kernel/loadpin/enforce", kLargestSetting);
  }
  texts.ipe_enforces = text_of(security + "ipe/enforce", kLargestSetting);
  std::error_code none;
  for (auto policy = std::filesystem::directory_iterator(security + "ipe/policies", none);
       !none && policy != std::filesystem::directory_iterator(); policy.increment(none)) {
    texts.ipe_policies.push_back(text_of(policy->path().string() + "/active", kLargestSetting));
    if (texts.ipe_policies.size() == kMostPolicies) break;
  }
  return file_guards(texts);
}

std::vector<std::string> file_guards(const GuardTexts& texts) {
  std::vector<std::string> guards;
  if (ima_policy_appraises(texts.ima_policy) || ima_appraises_by(texts.command_line)) {
    guards.emplace_back("IMA appraisal");
  }
  if (has_item(texts.lsm, "loadpin") && is_on(texts.loadpin)) guards.emplace_back("LoadPin");
  const bool has_policy = std::any_of(texts.ipe_policies.begin(), texts.ipe_policies.end(), is_on);
  if (has_item(texts.lsm, "ipe") && has_policy && !texts.ipe_enforces.starts_with('0')) {
    guards.emplace_back("IPE");
  }
  return guards;
}

KernelSettings read_kernel_settings() {
  KernelSettings settings;
  settings.signatures_enforced = signatures_enforced();
  settings.lockdown = lockdown_level();
  settings.modules_disabled = modules_disabled();
  if (auto text = read_bounded("/proc/cmdline", kLargestCommandLine)) {
    settings.command_line = std::move(*text);
  }
  settings.file_guards = file_guards();
  settings.release = kernel_release();
  return settings;
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
