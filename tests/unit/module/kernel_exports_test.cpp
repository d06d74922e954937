// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_exports.h"

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

#include "catch.h"
#include "gate/module/elf_module.h"
#include "unit/module/signing.h"

using namespace modgate;

namespace {

/// An unpacked kernel with tables of exports and nothing else.
struct KernelFile {
  std::string strings = std::string("printk\0jiffies\0\0__skb_put\0NAMESPACE\0", 36);
  std::vector<std::size_t> plain = {0, 7};  ///< offsets of names in `strings`
  std::vector<std::size_t> gpl = {18};      ///< "skb_put": the linker lets names share their ends
  std::string strings_section = "__ksymtab_strings";
  std::string gpl_section = "__ksymtab_gpl";
  std::uint64_t strings_address = 0xffffffff82000000;
  std::uint64_t table_address = 0xffffffff82100000;  ///< behind the strings: negative distances
  std::uint16_t type = ET_EXEC;
  std::string tail;  ///< of the first table

  [[nodiscard]] std::string table(const std::vector<std::size_t>& names,
                                  std::uint64_t address) const {
    std::string entries;
    for (const std::size_t name : names) {
      const std::uint64_t here = address + entries.size() + 4;
      const auto distance = static_cast<std::int32_t>(strings_address + name - here);
      const std::int32_t entry[3] = {1, distance, 0};
      entries.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    return entries;
  }

  [[nodiscard]] std::string bytes() const {
    struct Part {
      std::string name;
      std::string content;
      std::uint64_t address;
    };
    std::vector<Part> parts = {{strings_section, strings, strings_address},
                               {"__ksymtab", table(plain, table_address) + tail, table_address}};
    if (!gpl.empty()) {
      parts.push_back({gpl_section, table(gpl, table_address + 0x1000), table_address + 0x1000});
    }
    std::string names(1, '\0');
    std::string body;
    std::vector<Elf64_Shdr> headers(1);
    const auto add = [&](const std::string& name, std::uint32_t kind, std::uint64_t flags,
                         std::uint64_t address, std::string content) {
      Elf64_Shdr header = {};
      header.sh_name = static_cast<std::uint32_t>(names.size());
      (names += name) += '\0';
      header.sh_type = kind;
      header.sh_flags = flags;
      header.sh_addr = address;
      header.sh_offset = sizeof(Elf64_Ehdr) + body.size();
      if (kind == SHT_STRTAB) content = names;
      header.sh_size = content.size();
      body += content;
      headers.push_back(header);
    };
    for (const Part& part : parts) {
      add(part.name, SHT_PROGBITS, SHF_ALLOC, part.address, part.content);
    }
    add(".shstrtab", SHT_STRTAB, 0, 0, {});
    Elf64_Ehdr header = {};
    std::memcpy(&header.e_ident[0], ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = kHostMachine;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<std::uint16_t>(headers.size());
    header.e_shstrndx = static_cast<std::uint16_t>(headers.size() - 1);
    header.e_shoff = sizeof header + body.size();
    std::string all(reinterpret_cast<const char*>(&header), sizeof header);
    all += body;
    for (const Elf64_Shdr& one : headers) {
      all.append(reinterpret_cast<const char*>(&one), sizeof one);
    }
    return all;
  }
};

Result<std::string> exports_of(const KernelFile& file) {
  return exports_in(test::bytes_of(file.bytes()));
}

}  // namespace

TEST_CASE("what a kernel exports is read from its tables") {
  KernelFile file;
  auto exports = exports_of(file);
  REQUIRE(exports);
  CHECK(*exports == "printk\njiffies\nskb_put\n");
  CHECK(is_list_of_exports(*exports));
  file.strings_address = file.table_address + 0x10000;
  CHECK(*exports_of(file) == *exports);
  file.gpl.clear();
  CHECK(*exports_of(file) == "printk\njiffies\n");
}

TEST_CASE("a kernel without sound tables of exports has none") {
  const auto fails = [](void (*spoil)(KernelFile&)) {
    KernelFile file;
    spoil(file);
    return !exports_of(file);
  };
  CHECK_FALSE(fails([](KernelFile&) {}));
  CHECK(fails([](KernelFile& file) { file.strings_section = "strings"; }));
  CHECK(fails([](KernelFile& file) { file.type = ET_REL; }));
  CHECK(fails([](KernelFile& file) { file.plain = {1000}; }));
  CHECK(fails([](KernelFile& file) { file.plain = {static_cast<std::size_t>(-1)}; }));
  CHECK(fails([](KernelFile& file) { file.plain = {15}; }));  // an empty name
  CHECK(fails([](KernelFile& file) { file.tail = "x"; }));
  CHECK(fails([](KernelFile& file) { file.strings[2] = '\n'; }));
  CHECK(fails([](KernelFile& file) { file.strings.pop_back(), file.gpl = {26}; }));  // no end
  CHECK(fails([](KernelFile& file) { file.plain.clear(), file.gpl.clear(); }));
  CHECK_FALSE(exports_in(test::bytes_of(std::string("MZ, an arm64 Image"))));
}

TEST_CASE("a list of exports is names and nothing else") {
  CHECK(is_list_of_exports("a\nb\n"));
  for (const std::string& text : {std::string(), std::string("a"), std::string("a\nb"),
                                  std::string("\n"), std::string("a\n\nb\n"), std::string("a b\n"),
                                  std::string("a\0b\n", 4), std::string(600, 'x') + "\n"}) {
    CHECK_FALSE(is_list_of_exports(text));
  }
}
