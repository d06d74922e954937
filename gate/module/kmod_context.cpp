// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kmod_context.h"

#include <array>
#include <cerrno>
#include <cstdarg>
#include <string_view>

namespace modgate {
namespace {

void say_nothing(void* /*data*/, int /*priority*/, const char* /*file*/, int /*line*/,
                 const char* /*function*/, const char* /*format*/, va_list /*arguments*/) noexcept {
}

bool drop_ending(std::string_view& text, std::string_view ending) {
  if (!text.ends_with(ending)) return false;
  text.remove_suffix(ending.size());
  return true;
}

}  // namespace

Result<KmodContext> open_kmod(const std::string& tree, const std::string& config) {
  const std::array<const char*, 2> paths{config.c_str(), nullptr};
  KmodContext context(kmod_new(tree.c_str(), config.empty() ? nullptr : paths.data()));
  if (context == nullptr) {
    return Error{Outcome::unavailable, "libkmod cannot be set up for " + tree, ENOMEM};
  }
  silence(context.get());
  return context;
}

void silence(kmod_ctx* context) { kmod_set_log_fn(context, say_nothing, nullptr); }

std::vector<KmodModule> look_up(kmod_ctx* context, const std::string& asked) {
  kmod_list* found = nullptr;
  if (kmod_module_new_from_lookup(context, asked.c_str(), &found) < 0) return {};
  const KmodList list(found);
  return modules_of(list.get());
}

std::vector<KmodModule> modules_of(const kmod_list* list) {
  std::vector<KmodModule> modules;
  for (const kmod_list* at = list; at != nullptr; at = kmod_list_next(list, at)) {
    modules.emplace_back(kmod_module_get_module(at));
  }
  return modules;
}

std::string place_of(const std::string& tree, const std::string& path) {
  std::string_view place(path);
  if (!place.starts_with(tree)) return {};
  place.remove_prefix(tree.size());
  if (!place.starts_with('/')) return {};
  place.remove_prefix(1);
  for (const std::string_view ending : {".xz", ".zst", ".gz"}) {
    if (drop_ending(place, ending)) break;
  }
  if (!drop_ending(place, ".ko")) return {};
  return std::string(place);
}

}  // namespace modgate
