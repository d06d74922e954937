// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gate/module/elf_module.h"

namespace modgate::test {

/// Makes the bytes of a kernel module, sound unless a field says otherwise. Small enough to be read
/// by eye with readelf, whole enough for depmod.
struct ModuleFile {
  std::string name = "gate_test";  ///< in this_module and modinfo
  std::vector<std::string> modinfo = {"license=GPL",
                                      "parmtype=mode:int",
                                      "parm=label:what it is called",
                                      "depends=",
                                      "name=gate_test",
                                      "version=1.2",
                                      "vermagic=6.1.0-test SMP mod_unload modversions "};
  std::vector<std::string> imports = {"printk", "register_kprobe"};
  std::vector<std::string> weak_imports;  ///< those of `imports` that need not be there
  std::vector<std::string> exports;

  std::uint16_t machine = kHostMachine;
  std::uint16_t type = ET_REL;
  std::uint8_t width = ELFCLASS64;
  std::uint8_t order = ELFDATA2LSB;
  bool with_modinfo = true;
  bool with_this_module = true;
  bool with_symbols = true;
  bool this_module_allocated = true;
  bool modinfo_ended = true;
  std::size_t this_module_size = 0x380;
  std::string second_section;            ///< another section of this name, with the same bytes
  std::vector<std::uint64_t> relocated;  ///< offsets in this_module that a relocation changes
  std::vector<std::uint32_t> called;     ///< numbers of symbols that .text calls, from 1
  std::string this_module_name;          ///< in place of `name`, raw
  std::string tail;                      ///< appended to the file

  ModuleFile() = default;
  explicit ModuleFile(const std::string& other) : name(other) {
    for (std::string& entry : modinfo) {
      if (entry.starts_with("name=")) entry = "name=" + other;
    }
  }

  [[nodiscard]] std::string bytes() const {
    sections_.assign(1, Section{});
    if (with_modinfo) add(".modinfo", SHT_PROGBITS, SHF_ALLOC, modinfo_bytes());
    const std::uint32_t own = static_cast<std::uint32_t>(sections_.size());
    if (with_this_module) {
      add(".gnu.linkonce.this_module", SHT_PROGBITS,
          this_module_allocated ? SHF_ALLOC | SHF_WRITE : SHF_WRITE, this_module_bytes());
    }
    if (!second_section.empty()) add(second_section, SHT_PROGBITS, 0, modinfo_bytes());
    if (!relocated.empty()) {
      add(".rela.gnu.linkonce.this_module", SHT_RELA, 0, relocation_bytes()).header.sh_info = own;
    }
    if (!exports.empty()) add("__ksymtab_strings", SHT_PROGBITS, SHF_ALLOC, joined(exports));
    if (!called.empty()) add(".rela.text", SHT_RELA, 0, call_bytes());
    if (with_symbols) add_symbols();
    return assemble();
  }

 private:
  struct Section {
    std::string name;
    Elf64_Shdr header = {};
    std::string content;
  };

  Section& add(const std::string& name_of, std::uint32_t type_of, std::uint64_t flags,
               std::string content) const {
    Section section{name_of, {}, std::move(content)};
    section.header.sh_type = type_of;
    section.header.sh_flags = flags;
    section.header.sh_addralign = 8;
    sections_.push_back(std::move(section));
    return sections_.back();
  }

  static std::string joined(const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) (text += entry) += '\0';
    return text;
  }

  [[nodiscard]] std::string modinfo_bytes() const {
    std::string text = joined(modinfo);
    if (!modinfo_ended) text += "x=y";
    return text;
  }

  [[nodiscard]] std::string this_module_bytes() const {
    const std::string& own = this_module_name.empty() ? name : this_module_name;
    std::string bytes_of(this_module_size, '\0');
    for (std::size_t at = 0; at < own.size() && 0x18 + at < bytes_of.size(); ++at) {
      bytes_of[0x18 + at] = own[at];
    }
    return bytes_of;
  }

  [[nodiscard]] std::string relocation_bytes() const {
    std::string text;
    for (const std::uint64_t offset : relocated) {
      Elf64_Rela entry = {};
      entry.r_offset = offset;
      text.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    return text;
  }

  [[nodiscard]] std::string call_bytes() const {
    std::string text;
    for (const std::uint32_t symbol : called) {
      Elf64_Rela entry = {};
      entry.r_info = std::uint64_t{symbol} << 32U | kCallRelocation;
      text.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    return text;
  }

  void add_symbols() const {
    std::string names(1, '\0');
    std::string table(sizeof(Elf64_Sym), '\0');
    const auto symbol = [&](const std::string& text, std::uint16_t section) {
      Elf64_Sym entry = {};
      entry.st_name = static_cast<std::uint32_t>(names.size());
      const bool is_weak =
          std::find(weak_imports.begin(), weak_imports.end(), text) != weak_imports.end();
      entry.st_info =
          is_weak ? ELF64_ST_INFO(STB_WEAK, STT_NOTYPE) : ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
      entry.st_shndx = section;
      table.append(reinterpret_cast<const char*>(&entry), sizeof entry);
      (names += text) += '\0';
    };
    for (const std::string& import : imports) symbol(import, SHN_UNDEF);
    symbol("init_module", 1);
    const auto strings = static_cast<std::uint32_t>(sections_.size() + 1);
    Section& symbols = add(".symtab", SHT_SYMTAB, 0, table);
    symbols.header.sh_link = strings;
    symbols.header.sh_info = 1;
    symbols.header.sh_entsize = sizeof(Elf64_Sym);
    add(".strtab", SHT_STRTAB, 0, names);
  }

  [[nodiscard]] std::string assemble() const {
    std::string names(1, '\0');
    add(".shstrtab", SHT_STRTAB, 0, {});
    for (std::size_t at = 1; at < sections_.size(); ++at) {
      sections_[at].header.sh_name = static_cast<std::uint32_t>(names.size());
      (names += sections_[at].name) += '\0';
    }
    sections_.back().content = names;

    Elf64_Ehdr header = {};
    std::memcpy(&header.e_ident[0], ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = width;
    header.e_ident[EI_DATA] = order;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = type;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<std::uint16_t>(sections_.size());
    header.e_shstrndx = static_cast<std::uint16_t>(sections_.size() - 1);
    std::string body;
    for (std::size_t at = 1; at < sections_.size(); ++at) {
      body.resize((body.size() + 7) / 8 * 8, '\0');
      sections_[at].header.sh_offset = sizeof header + body.size();
      sections_[at].header.sh_size = sections_[at].content.size();
      body += sections_[at].content;
    }
    body.resize((body.size() + 7) / 8 * 8, '\0');
    header.e_shoff = sizeof header + body.size();
    for (const Section& section : sections_) {
      body.append(reinterpret_cast<const char*>(&section.header), sizeof section.header);
    }
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + body + tail;
  }

  mutable std::vector<Section> sections_;
};

}  // namespace modgate::test
