// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gate/module/certificates.h"
#include "gate/module/kernel_image.h"
#include "modgate/result.h"

namespace modgate {

/// Which build of the kernel is meant: uname's release and version.
struct KernelBuild {
  std::string release;  ///< "6.1.0-56-cloud-amd64"
  std::string version;  ///< "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
};

/// At most so many certificates are found in a kernel, of at most so many bytes each, so that they
/// fit into one message.
inline constexpr std::size_t kMostKernelCertificates = 16;
inline constexpr std::size_t kMostKernelCertificateBytes = 4096;

/// unpack_kernel() for the image file of exactly this build. Outcome::rejected for one of another.
Result<std::vector<std::uint8_t>> unpack_build(std::span<const std::uint8_t> image,
                                               const KernelBuild& build,
                                               std::size_t max_bytes = kMostKernelBytes);

/// The certificates, in DER, that lie in an unpacked kernel: X.509 certificates of version 3 that
/// parse whole, encode to the same bytes again and, where they are self-issued, bear their own
/// key's signature. Whether the kernel trusts one is not known here: see trusted_by_kernel().
///
/// Outcome::rejected for a kernel that holds more than can be told. Bytes in, bytes out: runs in a
/// compartment without any right.
Result<std::vector<std::string>> certificates_in(std::span<const std::uint8_t> kernel);

/// Both at once.
Result<std::vector<std::string>> certificates_in_kernel(std::span<const std::uint8_t> image,
                                                        const KernelBuild& build,
                                                        std::size_t max_bytes = kMostKernelBytes);

/// Of these certificates the ones that the running kernel itself lists, by subject key identifier,
/// in `proc_keys` (the text of /proc/keys as root reads it); all are named "kernel". Only keys that
/// the kernel made count: those that anybody adds by keyctl(1), root or not, are charged to a
/// quota, and /proc/keys shows it. Whatever is not certain is left out.
TrustedCertificates trusted_by_kernel(const std::vector<std::string>& certificates,
                                      std::string_view proc_keys);

}  // namespace modgate
