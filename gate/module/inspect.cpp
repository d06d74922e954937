// SPDX-License-Identifier: Apache-2.0
#include "gate/module/inspect.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <unordered_map>

#include "gate/module/elf_module.h"
#include "gate/module/image.h"
#include "gate/module/mapped_image.h"
#include "gate/module/modinfo.h"
#include "gate/module/module_name.h"
#include "gate/module/signature_trailer.h"

namespace modgate {
namespace {

constexpr std::string_view kThisModule = ".gnu.linkonce.this_module";
/// struct module (include/linux/module.h) on 64-bit machines: an enum, a list_head, then the name.
constexpr std::size_t kNameOffset = 0x18;
constexpr std::size_t kNameField = 56;

std::span<const TrustedCertificate> trusted_by(const InspectOrder& order) {
  if (order.trusted == nullptr) return {};
  return *order.trusted;
}

Error unsound(std::string what) { return {Outcome::rejected, std::move(what)}; }

template <std::size_t Size>
void put(std::array<char, Size>& field, std::string_view text) noexcept {
  field.fill('\0');
  std::copy_n(text.begin(), std::min(text.size(), Size - 1), field.begin());
}

template <std::size_t Size>
std::string printable(const std::array<char, Size>& field) {
  std::string text(field.begin(), std::find(field.begin(), field.end(), '\0'));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// The name by which the kernel will know the module. Neither the file's name nor modinfo binds it.
Result<std::string_view> name_in_this_module(const ElfModule& elf) {
  const auto section = elf.only_section(kThisModule);
  if (!section) return section.error();
  if (section->bytes.size() < kNameOffset + kNameField) {
    return unsound("its this_module is too small");
  }
  for (const ElfModule::Section& other : elf.sections()) {
    if (other.header.sh_type != SHT_RELA || other.header.sh_info != section->index) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Rela) <= other.bytes.size();
         at += sizeof(Elf64_Rela)) {
      // The kernel relocates after it has taken the name: it would change under the kernel's feet.
      const auto offset = read_object<Elf64_Rela>(other.bytes, at).r_offset;
      if (offset < kNameOffset + kNameField && offset + sizeof(std::uint64_t) > kNameOffset) {
        return unsound("a relocation changes its name");
      }
    }
  }
  const std::string_view field(reinterpret_cast<const char*>(section->bytes.data()) + kNameOffset,
                               kNameField);
  const std::string_view name = field.substr(0, field.find('\0'));
  if (!is_canonical_name(name)) return unsound("the name in its this_module is not sound");
  return name;
}

Status check_names(const ElfModule& elf, const ModInfo& info, const InspectOrder& order) {
  const auto name = name_in_this_module(elf);
  if (!name) return name.error();
  if (*name != order.name) {
    return unsound("it is the module " + std::string(*name) + ", not " + order.name);
  }
  const auto written = info.all("name");
  if (written.empty()) return unsound("its modinfo has no name");
  for (const std::string_view other : written) {
    if (canonical_name(other) != order.name) return unsound("its modinfo has another name");
  }
  return Done{};
}

/// The parameter of a `parm=NAME:text` or `parmtype=NAME:type`.
std::string parameter_of(std::string_view value) {
  return canonical_name(value.substr(0, value.find(':')));
}

std::uint64_t declared_in(const ModInfo& info, const std::vector<std::string>& parameters) {
  std::unordered_map<std::string, bool> known{{"async_probe", true}, {"dyndbg", true}};
  for (const std::string_view tag : {"parm", "parmtype"}) {
    for (const std::string_view value : info.all(tag)) known.emplace(parameter_of(value), true);
  }
  std::uint64_t bits = 0;
  for (std::size_t at = 0; at < parameters.size(); ++at) {
    if (known.contains(canonical_name(parameters[at]))) bits |= std::uint64_t{1} << at;
  }
  return bits;
}

Status find_imports(const ElfModule& elf, const std::vector<std::string>& symbols,
                    std::array<std::uint64_t, 4>& bits) {
  std::unordered_multimap<std::string_view, std::size_t> wanted;
  for (std::size_t at = 0; at < symbols.size(); ++at) wanted.emplace(symbols[at], at);
  return elf.each_import([&](std::string_view name) {
    const auto [first, last] = wanted.equal_range(name);
    for (auto found = first; found != last; ++found) {
      bits[found->second / 64] |= std::uint64_t{1} << (found->second % 64);
    }
  });
}

Status examine(int image, const InspectOrder& order, InspectAnswer& answer) {
  if (order.parameters.size() > 64 || order.symbols.size() > 256 ||
      trusted_by(order).size() > kMostTrusted || !is_canonical_name(order.name)) {
    return unsound("more was asked about it than can be answered");
  }
  const auto mapped = MappedImage::map(image);
  if (!mapped) return mapped.error();
  const std::span<const std::uint8_t> bytes = mapped->bytes();
  const auto elf = ElfModule::parse(bytes);
  if (!elf) return elf.error();
  const auto section = elf->only_section(".modinfo");
  if (!section) return section.error();
  const auto info = ModInfo::parse(section->bytes);
  if (!info) return info.error();
  if (auto agree = check_names(*elf, *info, order); !agree) return agree;
  if (auto found = find_imports(*elf, order.symbols, answer.imports); !found) return found;
  const auto proof = prove_image(bytes, trusted_by(order));
  if (!proof) return proof.error();

  answer.size = bytes.size();
  answer.sha256 = proof->sha256;
  answer.declared = declared_in(*info, order.parameters);
  put(answer.name, order.name);
  put(answer.vermagic, info->first("vermagic"));
  put(answer.version, info->first("version"));
  const std::string_view depends = info->first("depends");
  if (depends.size() >= answer.depends.size()) return unsound("it needs too many modules");
  put(answer.depends, depends);
  answer.signers = proof->verified;
  answer.signature = proof->finding;
  answer.appended_signature = has_signature_marker(bytes) ? 1 : 0;
  answer.sound = 1;
  return Done{};
}

/// A signer is claimed exactly where the signature is said to verify, and only among the trusted.
bool is_consistent(const InspectAnswer& answer, std::size_t trusted) {
  if (trusted > kMostTrusted) return false;
  if (trusted < kMostTrusted && (answer.signers >> trusted) != 0) return false;
  return (answer.signers != 0) == (answer.signature == SignatureFinding::verified) &&
         (answer.signers == 0 || answer.appended_signature == 1);
}

/// The names in modinfo's `depends`, which depmod reads as the kernel's build wrote them.
Result<std::vector<std::string>> names_in_depends(const InspectAnswer& answer) {
  std::vector<std::string> names;
  const std::string text = printable(answer.depends);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) names.push_back(canonical_name(text.substr(at, comma - at)));
    if (comma > at && !is_canonical_name(names.back())) {
      return unsound("the names of the modules that it needs are not sound");
    }
    at = comma + 1;
  }
  return names;
}

/// Each name once: several keys of the kernel are one signer.
std::vector<std::string> signers_in(const InspectAnswer& answer,
                                    std::span<const TrustedCertificate> trusted) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < trusted.size(); ++at) {
    if (((answer.signers >> at) & 1U) == 0) continue;
    if (std::find(names.begin(), names.end(), trusted[at].name) == names.end()) {
      names.push_back(trusted[at].name);
    }
  }
  return names;
}

}  // namespace

InspectAnswer inspect(int image, const InspectOrder& order) noexcept {
  InspectAnswer answer;
  try {
    if (const Status done = examine(image, order, answer); !done) {
      answer = InspectAnswer{};
      put(answer.complaint, done.error().message);
    }
  } catch (const std::exception&) {
    answer = InspectAnswer{};
    put(answer.complaint, "it could not be examined");
  }
  return answer;
}

Result<ModuleFacts> facts_from(const InspectAnswer& answer, const InspectOrder& order) {
  if (answer.sound != 1) {
    const std::string complaint = printable(answer.complaint);
    return unsound(order.name + ": " + (complaint.empty() ? "it is no sound module" : complaint));
  }
  const std::string_view name(
      answer.name.data(),
      static_cast<std::size_t>(std::distance(
          answer.name.begin(), std::find(answer.name.begin(), answer.name.end(), '\0'))));
  if (name != order.name || answer.size == 0 || order.parameters.size() > 64 ||
      order.symbols.size() > 256 || !is_consistent(answer, trusted_by(order).size())) {
    return unsound(order.name + ": its examiner's answer makes no sense");
  }
  ModuleFacts facts;
  facts.sha256 = answer.sha256;
  facts.size = answer.size;
  facts.vermagic = printable(answer.vermagic);
  facts.version = printable(answer.version);
  auto depends = names_in_depends(answer);
  if (!depends) return depends.error();
  facts.depends = std::move(*depends);
  facts.appended_signature = answer.appended_signature == 1;
  facts.signers = signers_in(answer, trusted_by(order));
  if (facts.appended_signature) facts.signature = explanation(answer.signature);
  for (std::size_t at = 0; at < order.parameters.size(); ++at) {
    facts.declared.push_back(((answer.declared >> at) & 1U) != 0);
  }
  for (std::size_t at = 0; at < order.symbols.size(); ++at) {
    if (((answer.imports[at / 64] >> (at % 64)) & 1U) != 0)
      facts.imports.push_back(order.symbols[at]);
  }
  return facts;
}

}  // namespace modgate
