// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/pin_file.h"

#include <sys/utsname.h>

#include <string_view>
#include <utility>

#include "gate/client/handed_file.h"
#include "gate/config/signer_files.h"
#include "gate/config/trusted_file.h"
#include "gate/module/bounded_file.h"
#include "gate/module/elf_module.h"
#include "gate/module/image.h"
#include "gate/module/inspect.h"
#include "gate/module/kernel_keys.h"
#include "gate/module/mapped_image.h"
#include "gate/module/module_name.h"

namespace modgate {
namespace {

/// What the policy allows unless it says otherwise (`max_module_size`).
constexpr std::uint64_t kMostModuleBytes = std::uint64_t{256} << 20U;
constexpr std::size_t kMostKeyListBytes = std::size_t{4} << 20U;

Result<Fd> image_of(int file, const std::string& name) {
  auto image = new_image(name);
  if (!image) return image.error();
  const auto compression = compression_of(file);
  if (!compression) return compression.error();
  const Status filled = *compression == Compression::none
                            ? copy_into_image(file, image->get(), kMostModuleBytes)
                            : unpack_into_image(file, *compression, image->get(), kMostModuleBytes);
  if (!filled) return filled.error();
  if (auto sealed = seal_image(image->get()); !sealed) return sealed.error();
  return image;
}

Result<std::vector<DeclaredParameter>> parameters_in(int image) {
  const auto mapped = MappedImage::map(image);
  if (!mapped) return mapped.error();
  const auto elf = ElfModule::parse(mapped->bytes());
  if (!elf) return elf.error();
  const auto section = elf->only_section(".modinfo");
  if (!section) return section.error();
  const auto info = ModInfo::parse(section->bytes);
  if (!info) return info.error();
  return declared_parameters(*info);
}

/// Empty where the kernel's image is not found, not to be trusted or not understood.
std::vector<std::string> keys_in_kernel() {
  utsname names = {};
  if (::uname(&names) != 0) return {};
  const KernelBuild build = {names.release, names.version};
  for (const std::string& path :
       {"/boot/vmlinuz-" + build.release, "/usr/lib/modules/" + build.release + "/vmlinuz"}) {
    const auto file = open_root_owned(path);
    if (!file) continue;
    const auto image = MappedImage::map(file->get());
    if (!image || image->bytes().size() > kMostKernelBytes) return {};
    auto found = certificates_in_kernel(image->bytes(), build);
    return found ? std::move(*found) : std::vector<std::string>();
  }
  return {};
}

void add_kernel_keys(KnownSigners& signers) {
  const std::vector<std::string> found = keys_in_kernel();
  const auto listed = read_bounded("/proc/keys", kMostKeyListBytes);
  // The kernel shows its own keys to root alone; whoever sees any sees them all.
  if (listed && listed->find(" asymmetri ") != std::string::npos) {
    signers.certificates = trusted_by_kernel(found, *listed);
    return;
  }
  for (const std::string& der : found) {
    auto certificate =
        certificate_from_der({reinterpret_cast<const std::uint8_t*>(der.data()), der.size()});
    if (!certificate) continue;
    signers.certificates.push_back({std::string(kKernelSigner), std::move(*certificate)});
    signers.kernel_unlisted = true;
  }
}

bool has_kernel(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == kKernelSigner) return true;
  }
  return false;
}

}  // namespace

KnownSigners known_signers(const std::string& directory, std::int64_t now) {
  KnownSigners signers;
  add_kernel_keys(signers);
  const auto files = read_signer_files(directory, kMostCertificateBytes);
  if (!files) return signers;
  for (const SignerFile& file : *files) {
    if (!file.content || signers.certificates.size() >= kMostTrusted) continue;
    auto certificate = certificate_of_signer(file.name, *file.content, now);
    if (certificate) signers.certificates.push_back(std::move(*certificate));
  }
  return signers;
}

Result<Pin> pin_file(const std::string& path, const KnownSigners& signers) {
  const auto file = open_handed_file(path);
  if (!file) return file.error();
  const std::string name = name_of_file(path);
  if (name.empty()) {
    return Error{Outcome::rejected, path +
                                        " is not called as a module's file: NAME.ko, or with "
                                        ".xz, .zst or .gz behind it"};
  }
  const auto image = image_of(file->get(), name);
  if (!image) return image.error();
  InspectOrder order;
  order.name = name;
  order.trusted = &signers.certificates;
  auto facts = facts_from(inspect(image->get(), order), order);
  if (!facts) return facts.error();
  auto parameters = parameters_in(image->get());
  if (!parameters) return parameters.error();

  Pin pin;
  pin.name = name;
  pin.facts = std::move(*facts);
  pin.parameters = std::move(*parameters);
  const std::string kernel = kernel_vermagic(PlannedModule{});
  pin.kernel = kernel.empty() ? kernel_release() : kernel;
  pin.fits = match_vermagic(pin.facts.vermagic, kernel, kernel_release());
  pin.kernel_unlisted = signers.kernel_unlisted && has_kernel(pin.facts.signers);
  return pin;
}

}  // namespace modgate
