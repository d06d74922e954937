// SPDX-License-Identifier: Apache-2.0
#include "gate/module/vermagic.h"

#include <sys/utsname.h>

#include <cstdint>

#include "gate/module/bounded_file.h"
#include "gate/module/elf_module.h"
#include "gate/module/image.h"
#include "gate/module/mapped_image.h"
#include "gate/module/modinfo.h"
#include "gate/module/tree.h"

namespace modgate {
namespace {

constexpr std::size_t kLargestOrder = std::size_t{4} * 1024 * 1024;
constexpr std::uint64_t kLargestReference = std::uint64_t{16} * 1024 * 1024;

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool has_modversions(std::string_view vermagic) {
  return vermagic.find(" modversions") != std::string_view::npos;
}

std::string vermagic_in(int image) {
  const auto mapped = MappedImage::map(image);
  if (!mapped) return {};
  const auto elf = ElfModule::parse(mapped->bytes());
  if (!elf) return {};
  const auto section = elf->only_section(".modinfo");
  if (!section) return {};
  const auto info = ModInfo::parse(section->bytes);
  return info ? std::string(trimmed(info->first("vermagic"))) : std::string();
}

/// Of a module of the kernel's own tree, which only root can write: trusted as the kernel is.
std::string vermagic_of_file(int file) {
  const auto compression = compression_of(file);
  if (!compression) return {};
  const auto image = new_image("reference");
  if (!image) return {};
  const Status filled =
      *compression == Compression::none
          ? copy_into_image(file, image->get(), kLargestReference)
          : unpack_into_image(file, *compression, image->get(), kLargestReference);
  return filled ? vermagic_in(image->get()) : std::string();
}

std::string tree_of(const PlannedModule& module) {
  const auto at = module.place.empty() ? std::string::npos : module.path.find('/' + module.place);
  return at == std::string::npos ? "/lib/modules/" + kernel_release() : module.path.substr(0, at);
}

/// modules.order names every module ".ko", whatever the compression.
Result<Fd> open_reference(const ModuleTree& tree, std::string_view listed) {
  const std::string path = tree.directory() + '/' + std::string(listed);
  auto file = tree.open_module(path);
  for (const char* ending : {".xz", ".zst", ".gz"}) {
    if (file) break;
    file = tree.open_module(path + ending);
  }
  return file;
}

}  // namespace

std::string kernel_release() {
  utsname kernel = {};
  if (::uname(&kernel) != 0) return {};
  return static_cast<const char*>(kernel.release);
}

MagicMatch match_vermagic(std::string_view module, std::string_view kernel,
                          std::string_view release) {
  module = trimmed(module);
  kernel = trimmed(kernel);
  if (!kernel.empty()) {
    if (module == kernel) return MagicMatch::same;
    const bool same_rest =
        module.substr(first_word(module).size()) == kernel.substr(first_word(kernel).size());
    return same_rest && has_modversions(module) ? MagicMatch::by_symbol_versions
                                                : MagicMatch::differs;
  }
  if (first_word(module) == release) return MagicMatch::same;
  return has_modversions(module) ? MagicMatch::by_symbol_versions : MagicMatch::differs;
}

std::string kernel_vermagic(const PlannedModule& module) {
  const auto tree = ModuleTree::open(tree_of(module));
  if (!tree) return {};
  const auto order = read_bounded(tree->directory() + "/modules.order", kLargestOrder);
  if (!order) return {};
  const auto file = open_reference(*tree, std::string_view(*order).substr(0, order->find('\n')));
  if (!file) return {};
  std::string vermagic = vermagic_of_file(file->get());
  return first_word(vermagic) == kernel_release() ? vermagic : std::string();
}

}  // namespace modgate
