// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// What a kernel module of this build's machine must be.
#if defined(__x86_64__)
inline constexpr std::uint16_t kHostMachine = EM_X86_64;
inline constexpr std::uint32_t kCallRelocation = R_X86_64_PLT32;
#elif defined(__aarch64__)
inline constexpr std::uint16_t kHostMachine = EM_AARCH64;
inline constexpr std::uint32_t kCallRelocation = R_AARCH64_CALL26;
#else
#error "the layout of struct module is known for x86-64 and arm64 only"
#endif

/// A view of an ELF relocatable object of 64 bits for this machine; or, if that is asked for, of
/// one of another type, as the kernel is. Every offset in it was checked against the size of
/// `image`, which must stay as it is while the view lives. What the kernel
/// requires (kernel/module/main.c: elf_validity_check) is required here.
class ElfModule {
 public:
  struct Section {
    std::size_t index = 0;
    std::string_view name;
    Elf64_Shdr header = {};
    std::span<const std::uint8_t> bytes;  ///< empty for a section without bytes in the file
  };

  /// Outcome::rejected for whatever is not sound.
  static Result<ElfModule> parse(std::span<const std::uint8_t> image, std::uint16_t type = ET_REL);

  [[nodiscard]] const std::vector<Section>& sections() const noexcept { return sections_; }

  /// The one section of this name, with its bytes in the file and kept in memory by the kernel
  /// (SHF_ALLOC). Outcome::rejected where there is none, or more than one of that name of any kind:
  /// which one the kernel takes would depend on its version.
  Result<Section> only_section(std::string_view name) const;

  /// Names of the symbols that the module wants from elsewhere, each at most 512 bytes
  /// (KSYM_NAME_LEN); longer ones are left out. Outcome::rejected without exactly one symbol table.
  template <class Visit>
  Status each_import(Visit visit) const {
    auto table = symbols();
    if (!table) return table.error();
    for (std::size_t at = 1; at < table->count; ++at) {
      const std::string_view name = import_at(*table, at);
      if (!name.empty()) visit(name);
    }
    return Done{};
  }

  /// The same without those that the kernel does not insist on (weak ones). `visit` is also told
  /// whether the module calls it: then it is a function for certain.
  template <class Visit>
  Status each_needed_import(Visit visit) const {
    auto table = symbols();
    if (!table) return table.error();
    const std::vector<bool> called = called_symbols(table->count);
    for (std::size_t at = 1; at < table->count; ++at) {
      const std::string_view name = is_weak_at(*table, at) ? "" : import_at(*table, at);
      const bool is_called = called[at];
      if (!name.empty()) visit(name, is_called);
    }
    return Done{};
  }

 private:
  struct SymbolTable {
    std::span<const std::uint8_t> entries;
    std::string_view names;  ///< ends with NUL
    std::size_t count = 0;
  };

  Result<SymbolTable> symbols() const;
  std::vector<bool> called_symbols(std::size_t count) const;
  static std::string_view import_at(const SymbolTable& table, std::size_t at) noexcept;
  static bool is_weak_at(const SymbolTable& table, std::size_t at) noexcept;

  std::vector<Section> sections_;
};

/// The object of type T at `offset`, which need not be aligned; all zeros where it does not lie
/// within `bytes`.
template <class T>
T read_object(std::span<const std::uint8_t> bytes, std::size_t offset) noexcept {
  T object = {};
  if (offset <= bytes.size() && sizeof object <= bytes.size() - offset) {
    std::memcpy(&object, bytes.data() + offset, sizeof object);
  }
  return object;
}

}  // namespace modgate
