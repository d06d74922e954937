// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gate/module/kernel_keys.h"
#include "gate/module/mapped_image.h"
#include "gate/module/signature.h"
#include "modgate/handle.h"
#include "module_images.h"

namespace fs = std::filesystem;
using namespace modgate;
using modgate::test::must;
using modgate::test::open_file;

namespace {

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

/// The image of the throwaway machine, which holds Debian's kernel and all of its modules.
fs::path cached_image() {
  const char* home = std::getenv("HOME");
  const fs::path cache = fs::path(home == nullptr ? "/root" : home) / ".cache/modgate";
  for (const auto& entry : fs::directory_iterator(cache)) {
    if (fs::exists(entry.path() / "vmlinuz") && fs::exists(entry.path() / "modules")) {
      return entry.path();
    }
  }
  throw std::runtime_error("no image of the throwaway machine is in " + cache.string());
}

/// An x86 image says which build it is: "RELEASE (WHO) VERSION" (boot.rst: kernel_version).
KernelBuild build_of(std::span<const std::uint8_t> image) {
  const std::size_t at = 0x200 + (std::size_t{image[0x20f]} << 8U | image[0x20e]);
  const std::string text(reinterpret_cast<const char*>(image.data()) + at);
  return {text.substr(0, text.find(' ')), text.substr(text.find(") ") + 2)};
}

struct Count {
  std::size_t modules = 0;
  std::size_t verified = 0;
  std::size_t changed_refused = 0;
  std::uint64_t bytes = 0;
};

void count_module(const fs::path& path, const TrustedCertificates& trusted, Count& count) {
  const Fd file = test::image_of_module(path);
  const MappedImage image = must(MappedImage::map(file.get()));
  ++count.modules;
  count.bytes += image.bytes().size();
  const ImageProof proof = must(prove_image(image.bytes(), trusted));
  if (proof.verified != 0) {
    ++count.verified;
  } else {
    static_cast<void>(std::printf("%s: %s\n", path.c_str(), explanation(proof.finding)));
  }
  std::vector<std::uint8_t> changed(image.bytes().begin(), image.bytes().end());
  changed[changed.size() / 3] ^= 1U;
  if (must(prove_image(changed, trusted)).verified == 0) ++count.changed_refused;
}

int run(const fs::path& vmlinuz, const fs::path& modules) {
  prepare_verification();
  const Fd file = open_file(vmlinuz);
  const MappedImage image = must(MappedImage::map(file.get()));
  const KernelBuild build = build_of(image.bytes());
  const auto begun = std::chrono::steady_clock::now();
  const std::vector<std::string> found = must(certificates_in_kernel(image.bytes(), build));
  const double extraction = seconds_since(begun);
  std::string proc_keys;
  for (const std::string& der : found) {
    const Certificate certificate =
        must(certificate_from_der({reinterpret_cast<const std::uint8_t*>(der.data()), der.size()}));
    const std::string identifier = key_identifier(certificate.get());
    char subject[256] = {};
    X509_NAME_oneline(X509_get_subject_name(certificate.get()), subject, sizeof subject - 1);
    static_cast<void>(
        std::printf("certificate %s %s, %zu bytes\n", identifier.c_str(), subject, der.size()));
    proc_keys += "00000001 I------     1 perm 1f030000     0     0 asymmetri x: " + identifier +
                 ": X509.rsa 00000000 []\n";
  }
  const TrustedCertificates trusted = trusted_by_kernel(found, proc_keys);
  Count count;
  const auto started = std::chrono::steady_clock::now();
  for (const fs::path& path : test::modules_below(modules)) count_module(path, trusted, count);
  rusage used = {};
  static_cast<void>(::getrusage(RUSAGE_SELF, &used));
  static_cast<void>(std::printf(
      "%s\n%zu certificates found in %.2f s, %zu trusted\n%zu modules of %.1f MB, %zu verified, "
      "%zu refused after one changed bit, in %.2f s; peak %ld MiB\n",
      build.version.c_str(), found.size(), extraction, trusted.size(), count.modules,
      static_cast<double>(count.bytes) / 1e6, count.verified, count.changed_refused,
      seconds_since(started), used.ru_maxrss / 1024));
  const bool all = count.modules > 0 && count.verified == count.modules &&
                   count.changed_refused == count.modules;
  return all ? 0 : 1;
}

}  // namespace

/// Takes the keys out of a real kernel and holds all of its modules against them:
/// long_kernel_signatures [VMLINUZ MODULES], else those of the throwaway machine's image.
int main(int argc, char** argv) {
  try {
    if (argc == 3) return run(argv[1], argv[2]);
    const fs::path image = cached_image();
    return run(image / "vmlinuz", image / "modules");
  } catch (const std::exception& failure) {
    static_cast<void>(std::fprintf(stderr, "kernel_signatures: %s\n", failure.what()));
    return 77;
  }
}
