// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "modgate/handle.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

enum class Compression : std::uint8_t { none, gzip, xz, zstd };

/// Whether the descriptor is a regular file's and may be read from. On a file system of a caller's
/// own making even this may block: only where that harms nobody.
bool is_regular_and_readable(int file) noexcept;

/// By the first bytes of the file, as libkmod does. Outcome::rejected for what cannot be read at an
/// offset (a directory, a FIFO, a descriptor without the right to read).
Result<Compression> compression_of(int file);

/// A new, empty, sealable memfd named "modgate:NAME" (it shows in audit and IMA records).
Result<Fd> new_image(const std::string& name);

/// Copies a plain file of at most `max_bytes` into the image. Outcome::rejected when it is larger
/// or no regular file.
Status copy_into_image(int file, int image, std::uint64_t max_bytes);

/// Seals the image against every change, and proves it (F_GET_SEALS).
Status seal_image(int image);

/// Whether this is a file that only root can change, opened for reading alone: what takes the place
/// of a sealed image where the kernel wants the file itself.
bool is_roots_own(int file) noexcept;

/// Whether all of seal, shrink, grow and write are sealed.
bool is_sealed(int image) noexcept;

/// Runs one digest, so that libcrypto has nothing left to set up when a confined process computes
/// its first. To be called once before the first fork; libcrypto's configuration file is never
/// read.
void prepare_digests();

/// SHA-256 of a whole image, read with pread(2).
Result<Digest> digest_of(int image);

/// Unpacks `file` into `image`, at most `max_bytes` out and with a bounded amount of memory. Runs
/// in a compartment that holds nothing else. Outcome::rejected on broken or too large data.
Status unpack_into_image(int file, Compression compression, int image, std::uint64_t max_bytes);

}  // namespace modgate
