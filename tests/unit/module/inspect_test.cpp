// SPDX-License-Identifier: Apache-2.0
#include "gate/module/inspect.h"

#include <fcntl.h>
#include <openssl/sha.h>

#include <functional>

#include "catch.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"
#include "unit/module/signing.h"

using namespace modgate;
using modgate::test::ModuleFile;

namespace {

InspectOrder order_for(const std::string& name) {
  InspectOrder order;
  order.name = name;
  return order;
}

Result<ModuleFacts> look_at(const std::string& bytes, const InspectOrder& order) {
  const Fd image = test::sealed_image_of(bytes);
  return facts_from(inspect(image.get(), order), order);
}

std::string complaint_about(const std::string& bytes) {
  const auto facts = look_at(bytes, order_for("gate_test"));
  if (facts) return "";
  CHECK(facts.error().outcome == Outcome::rejected);
  return facts.error().message;
}

}  // namespace

TEST_CASE("a sound module is described as it is") {
  const std::string bytes = ModuleFile().bytes();
  InspectOrder order = order_for("gate_test");
  order.parameters = {"mode", "label", "other", "async_probe", "dyndbg", "la-bel"};
  order.symbols = {"register_kprobe", "register_ftrace_function", "printk", "init_module"};
  const auto facts = look_at(bytes, order);
  REQUIRE(facts);
  CHECK(facts->size == bytes.size());
  CHECK(facts->vermagic == "6.1.0-test SMP mod_unload modversions");
  CHECK(facts->version == "1.2");
  CHECK(facts->declared == std::vector<bool>{true, true, false, true, true, false});
  CHECK(facts->imports == std::vector<std::string>{"register_kprobe", "printk"});
  CHECK_FALSE(facts->appended_signature);
  Digest expected{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), expected.data());
  CHECK(facts->sha256 == expected);
}

TEST_CASE("the mark of a signature is seen at the very end only") {
  ModuleFile file;
  file.tail = "~Module signature appended~\n";
  auto facts = look_at(file.bytes(), order_for("gate_test"));
  REQUIRE(facts);
  CHECK(facts->appended_signature);
  file.tail += "x";
  facts = look_at(file.bytes(), order_for("gate_test"));
  REQUIRE(facts);
  CHECK_FALSE(facts->appended_signature);
}

TEST_CASE("modinfo's name may be written with a dash") {
  ModuleFile file;
  file.modinfo = {"name=gate-test"};
  CHECK(complaint_about(file.bytes()).empty());
}

TEST_CASE("each defect of a module is refused, and its sound twin is not") {
  struct Row {
    const char* complaint;
    std::function<void(ModuleFile&)> spoil;
  };
  const Row rows[] = {
      {"another machine", [](ModuleFile& file) { file.machine = EM_PPC64; }},
      {"another machine", [](ModuleFile& file) { file.width = ELFCLASS32; }},
      {"another machine", [](ModuleFile& file) { file.order = ELFDATA2MSB; }},
      {"no relocatable object", [](ModuleFile& file) { file.type = ET_DYN; }},
      {"no relocatable object", [](ModuleFile& file) { file.type = ET_EXEC; }},
      {"no section .modinfo", [](ModuleFile& file) { file.with_modinfo = false; }},
      {"no section .gnu.linkonce.this_module",
       [](ModuleFile& file) { file.with_this_module = false; }},
      {"is not sound", [](ModuleFile& file) { file.this_module_allocated = false; }},
      {"too small", [](ModuleFile& file) { file.this_module_size = 0x18 + 55; }},
      {"no symbol table", [](ModuleFile& file) { file.with_symbols = false; }},
      {"its modinfo is not sound", [](ModuleFile& file) { file.modinfo_ended = false; }},
      {"its modinfo has no name", [](ModuleFile& file) { file.modinfo = {"license=GPL"}; }},
      {"its modinfo has another name", [](ModuleFile& file) { file.modinfo = {"name=other"}; }},
      {"its modinfo has another name",
       [](ModuleFile& file) {
         file.modinfo = {"name=gate_test", "name=other"};
       }},
      {"it is the module zzevil", [](ModuleFile& file) { file.this_module_name = "zzevil"; }},
      {"it is the module gate_test2",
       [](ModuleFile& file) { file.this_module_name = "gate_test2"; }},
      {"the name in its this_module",
       [](ModuleFile& file) { file.this_module_name = std::string(56, 'a'); }},
      {"the name in its this_module",
       [](ModuleFile& file) { file.this_module_name = "gate-test"; }},
      {"more than one section .modinfo",
       [](ModuleFile& file) { file.second_section = ".modinfo"; }},
      {"more than one section .gnu.linkonce.this_module",
       [](ModuleFile& file) { file.second_section = ".gnu.linkonce.this_module"; }},
      {"a relocation changes its name", [](ModuleFile& file) { file.relocated = {0x18}; }},
      {"a relocation changes its name",
       [](ModuleFile& file) {
         file.relocated = {0x150, 0x11};
       }},
      {"a relocation changes its name", [](ModuleFile& file) { file.relocated = {0x4f}; }},
  };
  REQUIRE(complaint_about(ModuleFile().bytes()).empty());
  for (const Row& row : rows) {
    ModuleFile file;
    row.spoil(file);
    INFO(row.complaint);
    CHECK(complaint_about(file.bytes()).find(row.complaint) != std::string::npos);
  }
}

TEST_CASE("a module for another machine is told both machines") {
  struct Row {
    std::uint16_t machine;
    std::uint8_t width;
    std::uint8_t order;
    const char* built_for;
  };
  constexpr std::uint16_t kOther = kHostMachine == EM_X86_64 ? EM_AARCH64 : EM_X86_64;
  const Row rows[] = {
      {kOther, ELFCLASS64, ELFDATA2LSB,
       kOther == EM_AARCH64 ? "(arm64, 64 bits, little-endian)"
                            : "(x86-64, 64 bits, little-endian)"},
      {EM_ARM, ELFCLASS32, ELFDATA2LSB, "(arm, 32 bits, little-endian)"},
      {EM_S390 << 8U, ELFCLASS64, ELFDATA2MSB, "(s390, 64 bits, big-endian)"},
      {EM_RISCV, ELFCLASS64, ELFDATA2LSB, "(riscv, 64 bits, little-endian)"},
      {4711, 0, 77, "(the machine of ELF's number 4711, no known width, no known byte order)"},
  };
  const std::string here = kHostMachine == EM_X86_64 ? "this one is x86-64, 64 bits, little-endian"
                                                     : "this one is arm64, 64 bits, little-endian";
  for (const Row& row : rows) {
    ModuleFile file;
    file.machine = row.machine;
    file.width = row.width;
    file.order = row.order;
    const std::string complaint = complaint_about(file.bytes());
    CHECK(complaint.find(row.built_for) != std::string::npos);
    CHECK(complaint.find(here) != std::string::npos);
  }
}

TEST_CASE("relocations beside the name are as usual") {
  ModuleFile file;
  file.relocated = {0x150, 0x10, 0x50, ~std::uint64_t{0}};
  CHECK(complaint_about(file.bytes()).empty());
}

TEST_CASE("this_module may be as small as its name allows") {
  ModuleFile file;
  file.this_module_size = 0x18 + 56;
  CHECK(complaint_about(file.bytes()).empty());
}

TEST_CASE("a module cut off anywhere is refused") {
  const std::string bytes = ModuleFile().bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string complaint = complaint_about(bytes.substr(0, size));
    if (complaint.empty()) FAIL("accepted with " << size << " of " << bytes.size() << " bytes");
  }
}

TEST_CASE("no single flipped byte of the tables makes the parser read outside") {
  const std::string bytes = ModuleFile().bytes();
  // Under the sanitizers this is the test; without them it shows that no answer is half an answer.
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string spoiled = bytes;
      spoiled[at] = static_cast<char>(value);
      const InspectOrder order = order_for("gate_test");
      const Fd image = test::file_of(spoiled);
      const InspectAnswer answer = inspect(image.get(), order);
      const bool whole = answer.sound == 1 && answer.size == bytes.size();
      const bool refused = answer.sound == 0 && answer.complaint[0] != '\0' && answer.size == 0;
      if (!whole && !refused) FAIL("byte " << at << " as " << value);
    }
  }
}

TEST_CASE("section offsets and sizes near the end of numbers are refused") {
  const std::string bytes = ModuleFile().bytes();
  Elf64_Ehdr header = {};
  std::memcpy(&header, bytes.data(), sizeof header);
  for (const std::uint64_t value : {~std::uint64_t{0}, std::uint64_t{1} << 63, bytes.size() + 0}) {
    for (std::size_t index = 1; index < header.e_shnum; ++index) {
      std::string spoiled = bytes;
      Elf64_Shdr section = {};
      char* where = spoiled.data() + header.e_shoff + index * sizeof section;
      std::memcpy(&section, where, sizeof section);
      section.sh_offset = value;
      section.sh_size = section.sh_size == 0 ? 1 : section.sh_size;
      std::memcpy(where, &section, sizeof section);
      CHECK_FALSE(complaint_about(spoiled).empty());
    }
    std::string spoiled = bytes;
    header.e_shoff = value;
    std::memcpy(spoiled.data(), &header, sizeof header);
    CHECK_FALSE(complaint_about(spoiled).empty());
    std::memcpy(&header, bytes.data(), sizeof header);
  }
}

TEST_CASE("what is no image at all is refused") {
  CHECK(complaint_about("") != "");
  CHECK(complaint_about("hello") != "");
  CHECK(complaint_about(std::string(1000, '\0')) != "");
  const InspectOrder order = order_for("gate_test");
  CHECK(inspect(-1, order).sound == 0);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  CHECK(inspect(reader.get(), order).sound == 0);
}

TEST_CASE("an order that asks for too much, or for no name, is not answered") {
  const Fd image = test::sealed_image_of(ModuleFile().bytes());
  InspectOrder order = order_for("gate_test");
  order.parameters.assign(64, "mode");
  order.symbols.assign(256, "printk");
  CHECK(inspect(image.get(), order).sound == 1);
  order.parameters.emplace_back("mode");
  CHECK(inspect(image.get(), order).sound == 0);
  order.parameters.clear();
  order.symbols.emplace_back("printk");
  CHECK(inspect(image.get(), order).sound == 0);
  CHECK(inspect(image.get(), order_for("")).sound == 0);
  CHECK(inspect(image.get(), order_for("gate-test")).sound == 0);
}

TEST_CASE("the last of many parameters and symbols has its own bit") {
  InspectOrder order = order_for("gate_test");
  order.parameters.assign(64, "none");
  order.parameters.back() = "mode";
  order.symbols.assign(256, "none");
  order.symbols.back() = "printk";
  const auto facts = look_at(ModuleFile().bytes(), order);
  REQUIRE(facts);
  CHECK(facts->declared[63]);
  CHECK_FALSE(facts->declared[62]);
  CHECK(facts->imports == std::vector<std::string>{"printk"});
}

TEST_CASE("an answer is believed only if it is sound and of that module") {
  const InspectOrder order = order_for("gate_test");
  const Fd image = test::sealed_image_of(ModuleFile().bytes());
  const InspectAnswer good = inspect(image.get(), order);
  REQUIRE(facts_from(good, order));

  InspectAnswer answer = good;
  answer.sound = 2;
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.name[0] = 'x';
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.name.fill('a');
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.size = 0;
  CHECK_FALSE(facts_from(answer, order));
  CHECK_FALSE(facts_from(InspectAnswer{}, order));
  CHECK_FALSE(facts_from(good, order_for("other")));
}

TEST_CASE("text of an inspector is printable ASCII, whatever it sends") {
  const InspectOrder order = order_for("gate_test");
  const Fd image = test::sealed_image_of(ModuleFile().bytes());
  InspectAnswer answer = inspect(image.get(), order);
  answer.vermagic.fill('\x1b');
  answer.version = {'a', '\n', '\xff', 'b'};
  const auto facts = facts_from(answer, order);
  REQUIRE(facts);
  CHECK(facts->vermagic == std::string(128, '?'));
  CHECK(facts->version == "a??b");
  answer.sound = 0;
  answer.complaint = {'x', '\r', 'y'};
  const auto refused = facts_from(answer, order);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "gate_test: x?y");
}

TEST_CASE("the signers of a module are named, each once") {
  const test::Key key = test::ec_key("P-256");
  const test::Key other = test::ec_key("P-256");
  TrustedCertificates trusted;
  trusted.push_back({"lab", test::make_certificate(other.get(), {"lab", 1})});
  trusted.push_back({"kernel", test::make_certificate(key.get(), {"build", 2})});
  trusted.push_back({"kernel", test::same_certificate(trusted[1].certificate)});
  trusted.push_back({"again", test::same_certificate(trusted[1].certificate)});
  InspectOrder order = order_for("gate_test");
  const std::string image =
      test::signed_by(ModuleFile().bytes(), {key.get(), trusted[1].certificate.get()});

  auto facts = look_at(image, order);
  REQUIRE(facts);
  CHECK(facts->appended_signature);
  CHECK(facts->signers.empty());
  CHECK(facts->signature == "it is signed by a key that is not trusted here");

  order.trusted = &trusted;
  facts = look_at(image, order);
  REQUIRE(facts);
  CHECK(facts->signers == std::vector<std::string>{"kernel", "again"});
  CHECK(facts->signature.empty());

  facts = look_at(ModuleFile().bytes(), order);
  REQUIRE(facts);
  CHECK(facts->signers.empty());
  CHECK(facts->signature.empty());
  CHECK_FALSE(facts->appended_signature);
}

TEST_CASE("an inspector cannot name signers that make no sense") {
  const test::Key key = test::ec_key("P-256");
  TrustedCertificates trusted;
  trusted.push_back({"lab", test::make_certificate(key.get(), {"lab", 1})});
  InspectOrder order = order_for("gate_test");
  order.trusted = &trusted;
  const Fd image = test::sealed_image_of(
      test::signed_by(ModuleFile().bytes(), {key.get(), trusted[0].certificate.get()}));
  const InspectAnswer good = inspect(image.get(), order);
  REQUIRE(facts_from(good, order));
  REQUIRE(good.signers == 1);

  InspectAnswer answer = good;
  answer.signers = 3;
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.signers = 0;
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.signature = SignatureFinding::forged;
  CHECK_FALSE(facts_from(answer, order));
  answer = good;
  answer.appended_signature = 0;
  CHECK_FALSE(facts_from(answer, order));
  order.trusted = nullptr;
  CHECK_FALSE(facts_from(good, order));
}

TEST_CASE("more trusted certificates than bits are not answered") {
  const test::Key key = test::ec_key("P-256");
  const Certificate certificate = test::make_certificate(key.get());
  TrustedCertificates trusted;
  for (std::size_t at = 0; at < kMostTrusted; ++at) {
    trusted.push_back({"lab", test::same_certificate(certificate)});
  }
  InspectOrder order = order_for("gate_test");
  order.trusted = &trusted;
  CHECK(look_at(ModuleFile().bytes(), order));
  trusted.push_back({"lab", test::same_certificate(certificate)});
  CHECK_FALSE(look_at(ModuleFile().bytes(), order));
}
