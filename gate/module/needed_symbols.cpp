// SPDX-License-Identifier: Apache-2.0
#include "gate/module/needed_symbols.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "gate/module/elf_module.h"
#include "gate/module/mapped_image.h"

namespace modgate {

bool is_symbol_name(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

namespace {

Status examine(int image, NeedsAnswer& answer) {
  const auto mapped = MappedImage::map(image);
  if (!mapped) return mapped.error();
  const auto elf = ElfModule::parse(mapped->bytes());
  if (!elf) return elf.error();
  std::size_t used = 0;
  return elf->each_needed_import([&](std::string_view name, bool is_called) {
    constexpr std::size_t kFrame = 2;  // the kind before the name and NUL behind it
    if (name.size() + kFrame > answer.names.size() - used) {
      answer.left_off = 1;
      return;
    }
    answer.names[used] = is_called ? NeedsAnswer::kFunction : NeedsAnswer::kAny;
    std::copy(name.begin(), name.end(), answer.names.begin() + static_cast<long>(used) + 1);
    used += name.size() + kFrame;
    ++answer.count;
  });
}

}  // namespace

NeedsAnswer needs_of(int image) noexcept {
  NeedsAnswer answer;
  try {
    if (examine(image, answer)) return answer;
  } catch (const std::exception&) {
    // What is told then is told below: nothing, and that it is not all.
  }
  answer = NeedsAnswer{};
  answer.left_off = 1;
  return answer;
}

Status add_needs(const NeedsAnswer& answer, ModuleFacts& facts) {
  const Error senseless{Outcome::rejected, "what an examiner says that it needs makes no sense"};
  std::string_view rest(answer.names.data(), answer.names.size());
  if (answer.left_off > 1) return senseless;
  facts.needs.clear();
  facts.needs_more = answer.left_off == 1;
  for (std::uint32_t at = 0; at < answer.count; ++at) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos || end < 2) return senseless;
    const char kind = rest.front();
    if (kind != NeedsAnswer::kFunction && kind != NeedsAnswer::kAny) return senseless;
    const std::string_view name = rest.substr(1, end - 1);
    if (is_symbol_name(name)) {
      facts.needs.push_back({std::string(name), kind == NeedsAnswer::kFunction});
    } else {
      facts.needs_more = true;
    }
    rest.remove_prefix(end + 1);
  }
  return Done{};
}

}  // namespace modgate
