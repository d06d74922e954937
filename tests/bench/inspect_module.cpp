// SPDX-License-Identifier: Apache-2.0
// How long a module takes from its file to what is known of it, and how much memory.
//
//     inspect_module --certificates VMLINUZ FILE    writes the kernel's certificates, in DER
//     inspect_module MODULE FILE                    examines a module as the helper does
//
// The second prints one line of JSON. The compartments that the helper does it in are left out.
#include <fcntl.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "gate/module/image.h"
#include "gate/module/inspect.h"
#include "gate/module/kernel_keys.h"
#include "gate/module/mapped_image.h"
#include "gate/module/module_name.h"

using namespace modgate;

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20U;

Fd open_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw std::runtime_error(path + " cannot be opened");
  return file;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

/// An x86 image says which build it is: "RELEASE (WHO) VERSION" (boot.rst: kernel_version).
KernelBuild build_of(std::span<const std::uint8_t> image) {
  const std::size_t at = 0x200 + (std::size_t{image[0x20f]} << 8U | image[0x20e]);
  const std::string text(reinterpret_cast<const char*>(image.data()) + at);
  return {text.substr(0, text.find(' ')), text.substr(text.find(") ") + 2)};
}

int write_certificates(const std::string& vmlinuz, const std::string& to) {
  const Fd file = open_file(vmlinuz);
  const MappedImage image = must(MappedImage::map(file.get()));
  std::ofstream out(to, std::ios::binary);
  for (const std::string& der :
       must(certificates_in_kernel(image.bytes(), build_of(image.bytes())))) {
    const auto size = static_cast<std::uint32_t>(der.size());
    out.write(reinterpret_cast<const char*>(&size), sizeof size) << der;
  }
  return out.flush() ? 0 : 1;
}

TrustedCertificates read_certificates(const std::string& from) {
  std::ifstream in(from, std::ios::binary);
  TrustedCertificates trusted;
  std::uint32_t size = 0;
  while (in.read(reinterpret_cast<char*>(&size), sizeof size)) {
    std::string der(size, '\0');
    if (!in.read(der.data(), static_cast<std::streamsize>(size))) break;
    trusted.push_back({"kernel", must(certificate_from_der(
                                     {reinterpret_cast<const std::uint8_t*>(der.data()), size}))});
  }
  return trusted;
}

std::string name_of(const std::string& path) {
  const std::string file = std::filesystem::path(path).filename();
  return canonical_name(file.substr(0, file.find(".ko")));
}

Fd image_of(const std::string& path, const std::string& name) {
  const Fd file = open_file(path);
  Fd image = must(new_image(name));
  const Compression compression = must(compression_of(file.get()));
  must(compression == Compression::none
           ? copy_into_image(file.get(), image.get(), kMostBytes)
           : unpack_into_image(file.get(), compression, image.get(), kMostBytes));
  must(seal_image(image.get()));
  return image;
}

int examine(const std::string& path, const std::string& certificates) {
  const TrustedCertificates trusted = read_certificates(certificates);
  prepare_verification();
  const auto begun = std::chrono::steady_clock::now();
  InspectOrder order;
  order.name = name_of(path);
  order.trusted = &trusted;
  const Fd image = image_of(path, order.name);
  const ModuleFacts facts = must(facts_from(inspect(image.get(), order), order));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  rusage used = {};
  if (::getrusage(RUSAGE_SELF, &used) != 0) throw std::runtime_error("getrusage");
  static_cast<void>(
      std::printf("{\"sha256\": \"%s\", \"size\": %llu, \"verified\": %s, \"seconds\": %.6f, "
                  "\"peak_bytes\": %lld}\n",
                  digest_hex(facts.sha256).c_str(), static_cast<unsigned long long>(facts.size),
                  facts.signers.empty() ? "false" : "true", seconds,
                  static_cast<long long>(used.ru_maxrss) * 1024));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::string(argv[1]) == "--certificates") {
      return write_certificates(argv[2], argv[3]);
    }
    if (argc == 3) return examine(argv[1], argv[2]);
    static_cast<void>(std::fputs("inspect_module MODULE CERTIFICATES\n", stderr));
    return 2;
  } catch (const std::exception& failure) {
    static_cast<void>(std::fprintf(stderr, "inspect_module: %s\n", failure.what()));
    return 1;
  }
}
