// SPDX-License-Identifier: Apache-2.0
#include "gate/module/elf_module.h"

#include <cstring>
#include <optional>
#include <string>

namespace modgate {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// KSYM_NAME_LEN of current kernels.
constexpr std::size_t kLongestSymbol = 512;

Error unsound_elf(const std::string& what) { return {Outcome::rejected, what}; }

std::optional<Bytes> slice(Bytes image, std::uint64_t offset, std::uint64_t size) {
  if (offset > image.size() || size > image.size() - offset) return std::nullopt;
  return image.subspan(offset, size);
}

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The names that people use of the machines that Linux runs on (ELF: e_machine).
std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "arm64";
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    case EM_MIPS:
      return "mips";
    default:
      return "the machine of ELF's number " + std::to_string(machine);
  }
}

/// "arm64, 64 bits, little-endian"
std::string target_name(std::uint16_t machine, std::uint8_t width, std::uint8_t order) {
  return machine_name(machine) + ", " +
         (width == ELFCLASS64   ? "64 bits"
          : width == ELFCLASS32 ? "32 bits"
                                : "no known width") +
         ", " +
         (order == ELFDATA2LSB   ? "little-endian"
          : order == ELFDATA2MSB ? "big-endian"
                                 : "no known byte order");
}

Status check_header(const Elf64_Ehdr& header, std::size_t size, std::uint16_t type) {
  if (size < sizeof header || std::memcmp(&header.e_ident[0], ELFMAG, SELFMAG) != 0) {
    return unsound_elf("not an ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kHostMachine) {
    // Of the other byte order the number of the machine, too, stands the other way round.
    const bool swapped = header.e_ident[EI_DATA] == ELFDATA2MSB;
    const auto machine = static_cast<std::uint16_t>(
        swapped ? header.e_machine << 8U | header.e_machine >> 8U : header.e_machine);
    return unsound_elf("built for another machine (" +
                       target_name(machine, header.e_ident[EI_CLASS], header.e_ident[EI_DATA]) +
                       "), and this one is " + target_name(kHostMachine, ELFCLASS64, ELFDATA2LSB));
  }
  if (header.e_type != type) {
    return unsound_elf(type == ET_REL ? "no relocatable object, so no kernel module"
                                      : "no ELF file of the type that was expected");
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0 ||
      header.e_shnum >= SHN_LORESERVE || header.e_shstrndx == SHN_UNDEF ||
      header.e_shstrndx >= header.e_shnum) {
    return unsound_elf("its section table is not sound");
  }
  return Done{};
}

/// A table of strings: within the file, not empty, ended by NUL.
Result<std::string_view> string_table(Bytes image, const Elf64_Shdr& header) {
  const auto bytes = slice(image, header.sh_offset, header.sh_size);
  if (header.sh_type != SHT_STRTAB || !bytes || bytes->empty() || bytes->back() != 0) {
    return unsound_elf("a table of names in it is not sound");
  }
  return as_text(*bytes);
}

std::string_view name_at(std::string_view names, std::size_t offset) {
  if (offset >= names.size()) return {};
  const std::string_view rest = names.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

}  // namespace

Result<ElfModule> ElfModule::parse(std::span<const std::uint8_t> image, std::uint16_t type) {
  const auto header = read_object<Elf64_Ehdr>(image, 0);
  if (auto sound = check_header(header, image.size(), type); !sound) return sound.error();
  const auto table =
      slice(image, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  if (!table) return unsound_elf("its section table lies outside the file");
  const auto names =
      string_table(image, read_object<Elf64_Shdr>(*table, header.e_shstrndx * sizeof(Elf64_Shdr)));
  if (!names) return names.error();

  ElfModule module;
  module.sections_.reserve(header.e_shnum);
  for (std::size_t index = 0; index < header.e_shnum; ++index) {
    Section section;
    section.index = index;
    section.header = read_object<Elf64_Shdr>(*table, index * sizeof(Elf64_Shdr));
    if (index == 0) {
      if (section.header.sh_type != SHT_NULL || section.header.sh_size != 0) {
        return unsound_elf("its first section is not the empty one");
      }
    } else {
      if (section.header.sh_name >= names->size()) {
        return unsound_elf("a section's name lies outside the table of names");
      }
      section.name = name_at(*names, section.header.sh_name);
      if (section.header.sh_type != SHT_NOBITS && section.header.sh_type != SHT_NULL) {
        const auto bytes = slice(image, section.header.sh_offset, section.header.sh_size);
        if (!bytes) return unsound_elf("a section lies outside the file");
        section.bytes = *bytes;
      }
    }
    module.sections_.push_back(section);
  }
  return module;
}

Result<ElfModule::Section> ElfModule::only_section(std::string_view name) const {
  const Section* found = nullptr;
  for (const Section& section : sections_) {
    if (section.name != name) continue;
    if (found != nullptr) return unsound_elf("more than one section " + std::string(name));
    found = &section;
  }
  if (found == nullptr)
    return unsound_elf("no section " + std::string(name) + ", so no kernel module");
  if (found->header.sh_type != SHT_PROGBITS || (found->header.sh_flags & SHF_ALLOC) == 0) {
    return unsound_elf("the section " + std::string(name) + " is not sound");
  }
  return *found;
}

Result<ElfModule::SymbolTable> ElfModule::symbols() const {
  const Section* found = nullptr;
  for (const Section& section : sections_) {
    if (section.header.sh_type != SHT_SYMTAB) continue;
    if (found != nullptr) return unsound_elf("more than one symbol table");
    found = &section;
  }
  if (found == nullptr) return unsound_elf("no symbol table");
  if (found->header.sh_entsize != sizeof(Elf64_Sym) ||
      found->bytes.size() % sizeof(Elf64_Sym) != 0 || found->header.sh_link >= sections_.size()) {
    return unsound_elf("its symbol table is not sound");
  }
  const Section& names = sections_[found->header.sh_link];
  if (names.header.sh_type != SHT_STRTAB || names.bytes.empty() || names.bytes.back() != 0) {
    return unsound_elf("its symbol table has no names");
  }
  SymbolTable table;
  table.entries = found->bytes;
  table.names = as_text(names.bytes);
  table.count = found->bytes.size() / sizeof(Elf64_Sym);
  return table;
}

std::vector<bool> ElfModule::called_symbols(std::size_t count) const {
  std::vector<bool> called(count);
  for (const Section& section : sections_) {
    if (section.header.sh_type != SHT_RELA) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Rela) <= section.bytes.size();
         at += sizeof(Elf64_Rela)) {
      const std::uint64_t info = read_object<Elf64_Rela>(section.bytes, at).r_info;
      const std::uint64_t symbol = info >> 32U;
      if (symbol < count && (info & 0xffffffffU) == kCallRelocation) called[symbol] = true;
    }
  }
  return called;
}

bool ElfModule::is_weak_at(const SymbolTable& table, std::size_t at) noexcept {
  const auto symbol = read_object<Elf64_Sym>(table.entries, at * sizeof(Elf64_Sym));
  return symbol.st_info >> 4U == STB_WEAK;
}

std::string_view ElfModule::import_at(const SymbolTable& table, std::size_t at) noexcept {
  const auto symbol = read_object<Elf64_Sym>(table.entries, at * sizeof(Elf64_Sym));
  if (symbol.st_shndx != SHN_UNDEF || symbol.st_name >= table.names.size()) return {};
  // Cut before the end is searched for: a million symbols may share one endless name.
  const std::string_view rest = table.names.substr(symbol.st_name, kLongestSymbol + 1);
  const auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

}  // namespace modgate
