// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_image.h"

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <string_view>

#include "gate/module/elf_module.h"

namespace modgate {
namespace {

using namespace std::string_view_literals;
using Bytes = std::span<const std::uint8_t>;
using Unpacked = std::vector<std::uint8_t>;

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie there");

constexpr std::string_view kGzip = "\x1F\x8B"sv;
constexpr std::string_view kXz = "\xFD\x37\x7A\x58\x5A\x00"sv;
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD"sv;
constexpr std::string_view kLz4Legacy = "\x02\x21\x4C\x18"sv;
constexpr std::string_view kElf =
    "\x7F"
    "ELF"sv;
/// The builds of the kernel pack with dictionaries of up to 128 MiB.
constexpr std::uint64_t kXzMemory = std::uint64_t{192} * 1024 * 1024;

Error broken(const std::string& what) { return {Outcome::rejected, "the kernel's image " + what}; }

bool has_at(Bytes bytes, std::size_t offset, std::string_view text) {
  if (offset > bytes.size() || text.size() > bytes.size() - offset) return false;
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// Every packer of the kernel's build leaves the size of what it packed in the last four bytes:
/// gzip as a part of its format, the others because the build appends it.
Result<std::size_t> unpacked_size(Bytes packed, std::size_t max_bytes) {
  if (packed.size() < sizeof(std::uint32_t)) return broken("is cut off");
  const std::size_t size =
      read_object<std::uint32_t>(packed, packed.size() - sizeof(std::uint32_t));
  if (size == 0 || size > max_bytes) return broken("claims to unpack to an unlikely size");
  return size;
}

bool unpack_gzip(Bytes packed, Unpacked& out) {
  constexpr int kGzipOnly = 15 + 16;
  z_stream stream = {};
  if (packed.size() > std::numeric_limits<unsigned int>::max() ||
      inflateInit2(&stream, kGzipOnly) != Z_OK) {
    return false;
  }
  // zlib only reads it; the type is older than const.
  stream.next_in = const_cast<std::uint8_t*>(packed.data());
  stream.avail_in = static_cast<unsigned int>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<unsigned int>(out.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
  return inflateEnd(&stream) == Z_OK && whole;
}

bool unpack_xz(Bytes packed, Unpacked& out) {
  std::uint64_t memory = kXzMemory;
  std::size_t read = 0;
  std::size_t written = 0;
  return lzma_stream_buffer_decode(&memory, 0, nullptr, packed.data(), &read, packed.size(),
                                   out.data(), &written, out.size()) == LZMA_OK &&
         written == out.size();
}

bool unpack_zstd(Bytes packed, Unpacked& out) {
  return ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == out.size();
}

/// The legacy frame: blocks of a size and what LZ4 made of up to 8 MiB.
bool unpack_lz4(Bytes packed, Unpacked& out) {
  constexpr int kBlock = 8 << 20;
  packed = packed.subspan(kLz4Legacy.size());
  std::size_t written = 0;
  while (!packed.empty()) {
    const std::size_t size = read_object<std::uint32_t>(packed, 0);
    if (packed.size() < sizeof(std::uint32_t) || size > packed.size() - sizeof(std::uint32_t) ||
        size == 0 || size > LZ4_COMPRESSBOUND(kBlock)) {
      return false;
    }
    const Bytes block = packed.subspan(sizeof(std::uint32_t), size);
    const auto room = static_cast<int>(std::min<std::size_t>(kBlock, out.size() - written));
    const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()),
                                        reinterpret_cast<char*>(out.data() + written),
                                        static_cast<int>(size), room);
    if (got <= 0) return false;
    written += static_cast<std::size_t>(got);
    packed = packed.subspan(sizeof(std::uint32_t) + size);
  }
  return written == out.size();
}

Result<Unpacked> unpack_payload(Bytes packed, std::size_t max_bytes) {
  const auto size = unpacked_size(packed, max_bytes);
  if (!size) return size.error();
  const Bytes without_size = packed.first(packed.size() - sizeof(std::uint32_t));
  using Decoder = bool (*)(Bytes, Unpacked&);
  Decoder decode = nullptr;
  Bytes input = without_size;
  if (has_at(packed, 0, kGzip)) {
    decode = unpack_gzip;
    input = packed;
  } else if (has_at(packed, 0, kXz)) {
    decode = unpack_xz;
  } else if (has_at(packed, 0, kZstd)) {
    decode = unpack_zstd;
  } else if (has_at(without_size, 0, kLz4Legacy)) {
    decode = unpack_lz4;
  } else {
    return broken("is packed in a way that is not known here");
  }
  Unpacked out(*size);
  if (!decode(input, out)) return broken("is damaged");
  return out;
}

/// Documentation/arch/x86/boot.rst: the setup sectors, then the code that unpacks, with the payload
/// in it.
Result<Bytes> payload_of_bzimage(Bytes image) {
  constexpr std::size_t kSector = 512;
  constexpr std::uint16_t kFirstWithPayload = 0x0208;
  if (read_object<std::uint16_t>(image, 0x206) < kFirstWithPayload) return broken("is too old");
  const std::size_t sectors = read_object<std::uint8_t>(image, 0x1f1);
  const std::size_t offset =
      ((sectors == 0 ? 4 : sectors) + 1) * kSector + read_object<std::uint32_t>(image, 0x248);
  const std::size_t size = read_object<std::uint32_t>(image, 0x24c);
  if (offset > image.size() || size > image.size() - offset) return broken("is cut off");
  return image.subspan(offset, size);
}

/// drivers/firmware/efi/libstub/zboot-header.S: an EFI program that unpacks its payload. Unless it
/// is gzip's own, the size of what was packed is not counted as a part of it.
Result<Bytes> payload_of_zboot(Bytes image) {
  const std::size_t offset = read_object<std::uint32_t>(image, 8);
  std::size_t size = read_object<std::uint32_t>(image, 12);
  if (!has_at(image, offset, kGzip)) size += sizeof(std::uint32_t);
  if (offset > image.size() || size > image.size() - offset) return broken("is cut off");
  return image.subspan(offset, size);
}

}  // namespace

Result<Unpacked> unpack_kernel(Bytes image, std::size_t max_bytes) {
  if (has_at(image, 0x202, "HdrS")) {
    const auto payload = payload_of_bzimage(image);
    if (!payload) return payload.error();
    return unpack_payload(*payload, max_bytes);
  }
  if (has_at(image, 0, "MZ") && has_at(image, 4, "zimg")) {
    const auto payload = payload_of_zboot(image);
    if (!payload) return payload.error();
    return unpack_payload(*payload, max_bytes);
  }
  if (has_at(image, 0, kGzip)) return unpack_payload(image, max_bytes);
  if (has_at(image, 0x38, "ARM\x64"sv) || has_at(image, 0, kElf)) {
    if (image.size() > max_bytes) return broken("is too large");
    return Unpacked(image.begin(), image.end());
  }
  return broken("has a form that is not known here");
}

}  // namespace modgate
