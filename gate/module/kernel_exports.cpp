// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_exports.h"

#include <algorithm>

#include "gate/module/elf_module.h"

namespace modgate {
namespace {

/// struct kernel_symbol (include/linux/export.h) with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS: where
/// value, name and namespace lie, each counted from its own place.
constexpr std::size_t kEntry = 3 * sizeof(std::int32_t);
constexpr std::size_t kNameInEntry = sizeof(std::int32_t);
/// KSYM_NAME_LEN of current kernels.
constexpr std::size_t kLongestName = 512;

Error unsound_exports(const std::string& what) {
  return {Outcome::rejected, "the kernel's list of what it exports " + what};
}

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && is_printable(name);
}

/// The name that stands at an address of the kernel; empty where none does.
std::string_view name_at(const ElfModule::Section& strings, std::uint64_t address) {
  const std::uint64_t offset = address - strings.header.sh_addr;
  if (address < strings.header.sh_addr || offset >= strings.bytes.size()) return {};
  const std::string_view text(reinterpret_cast<const char*>(strings.bytes.data()),
                              strings.bytes.size());
  const std::string_view rest = text.substr(offset, kLongestName + 1);
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

Status add_names(const ElfModule::Section& table, const ElfModule::Section& strings,
                 std::string& names) {
  if (table.bytes.size() % kEntry != 0) return unsound_exports("has entries of another kind");
  for (std::size_t at = kNameInEntry; at < table.bytes.size(); at += kEntry) {
    const std::int64_t distance = read_object<std::int32_t>(table.bytes, at);
    // Modulo 2^64, as addresses are: the distance may be negative.
    const std::uint64_t address = table.header.sh_addr + at + static_cast<std::uint64_t>(distance);
    const std::string_view name = name_at(strings, address);
    if (!is_name(name)) return unsound_exports("holds what is no name");
    if (name.size() + 1 > kMostExportBytes - names.size()) return unsound_exports("is too long");
    (names += name) += '\n';
  }
  return Done{};
}

}  // namespace

Result<std::string> exports_in(std::span<const std::uint8_t> kernel) {
  const auto elf = ElfModule::parse(kernel, ET_EXEC);
  if (!elf) return unsound_exports("cannot be found: it is " + elf.error().message);
  const auto strings = elf->only_section("__ksymtab_strings");
  if (!strings) return unsound_exports("is not there");
  std::string names;
  for (const char* table_name : {"__ksymtab", "__ksymtab_gpl"}) {
    // A kernel may have one table for both kinds.
    const auto table = elf->only_section(table_name);
    if (!table) continue;
    if (auto added = add_names(*table, *strings, names); !added) return added.error();
  }
  if (names.empty()) return unsound_exports("is empty");
  return names;
}

bool is_list_of_exports(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMostExportBytes || text.back() != '\n') return false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!is_name(text.substr(0, end))) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace modgate
