// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// A kernel's code and data, unpacked, is taken to be at most so large.
inline constexpr std::size_t kMostKernelBytes = std::size_t{256} * 1024 * 1024;

/// The kernel that an image file such as /boot/vmlinuz holds, unpacked: of an x86 bzImage its
/// payload (gzip, xz, zstd, LZ4), likewise of an EFI program that unpacks itself (zboot); of a gzip
/// file what is in it; an arm64 Image and an ELF file as they are. Outcome::rejected for anything
/// else, for damaged data, and for more than `max_bytes`. Memory: what comes out, and for xz what
/// its dictionary takes (at most 192 MiB).
Result<std::vector<std::uint8_t>> unpack_kernel(std::span<const std::uint8_t> image,
                                                std::size_t max_bytes = kMostKernelBytes);

}  // namespace modgate
