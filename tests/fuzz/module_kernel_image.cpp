// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "gate/module/kernel_exports.h"
#include "gate/module/kernel_keys.h"

/// Any bytes as a kernel's image, unpacked or not, a certificate, and the kernel's list of keys:
/// what is found in an image parses as what it is said to be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
  const std::span bytes(data, size);
  const auto found =
      modgate::certificates_in_kernel(bytes, {"6.1.0-test", "#1 SMP Test"}, kMostBytes);
  if (found && found->size() > modgate::kMostKernelCertificates) std::abort();
  if (found) {
    for (const std::string& der : *found) {
      if (der.size() > modgate::kMostKernelCertificateBytes) std::abort();
    }
    // No key is listed, so none is trusted.
    if (!modgate::trusted_by_kernel(*found, "").empty()) std::abort();
  }
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(modgate::is_list_of_exports(text));
  const auto exports = modgate::exports_in(bytes);
  if (exports && !modgate::is_list_of_exports(*exports)) std::abort();
  const auto trusted = modgate::trusted_by_kernel({text}, text);
  const auto certificate = modgate::parse_certificate(bytes);
  if (!trusted.empty() && !certificate) std::abort();
  if (certificate && !modgate::may_vouch(certificate->get(), 1'800'000'000) &&
      certificate->get() == nullptr) {
    std::abort();
  }
  return 0;
}
