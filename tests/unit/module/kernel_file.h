// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "gate/module/kernel_keys.h"

namespace modgate::test {

inline const KernelBuild kBuild = {"6.1.0-test", "#1 SMP Test 6.1.1 (2026-11-16)"};

/// What a kernel holds that matters here: its banner and some bytes between others.
inline std::string kernel_with(const std::string& bytes) {
  std::string noise;
  std::uint32_t state = 1;
  for (int at = 0; at < 5000; ++at) {
    state = state * 1664525U + 1013904223U;
    noise += static_cast<char>(state >> 24U);
  }
  const std::string banner = "Linux version " + kBuild.release + " (me@here) (gcc (x) 12, ld) ";
  return "\x7F"
         "ELF" +
         noise + banner + "# SMP\n" + banner + kBuild.version + "\n\n" + noise + bytes + noise;
}

inline std::string number(std::uint32_t value) {
  std::string text(sizeof value, '\0');
  std::memcpy(text.data(), &value, sizeof value);
  return text;
}

inline std::string size_of(const std::string& bytes) {
  return number(static_cast<std::uint32_t>(bytes.size()));
}

inline std::string gzip(const std::string& bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflate");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<unsigned int>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<unsigned int>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  out.resize(stream.total_out);
  if (deflateEnd(&stream) != Z_OK) throw std::runtime_error("deflate");
  return out;
}

inline std::string xz(const std::string& bytes) {
  std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr,
                              reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                              reinterpret_cast<std::uint8_t*>(out.data()), &size,
                              out.size()) != LZMA_OK) {
    throw std::runtime_error("xz");
  }
  return out.substr(0, size) + size_of(bytes);
}

inline std::string zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out + size_of(bytes);
}

/// As `lz4 -l` does, with blocks of 8 MiB.
inline std::string lz4(const std::string& bytes) {
  std::string out = "\x02\x21\x4C\x18";
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string block = bytes.substr(at, 8U << 20U);
    std::string packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(block.size()))),
                       '\0');
    packed.resize(static_cast<std::size_t>(LZ4_compress_default(block.data(), packed.data(),
                                                                static_cast<int>(block.size()),
                                                                static_cast<int>(packed.size()))));
    out += size_of(packed) + packed;
    at += block.size();
  }
  return out + size_of(bytes);
}

/// The payload within an x86 image: setup sectors, then code with the payload in it.
inline std::string bzimage(const std::string& payload) {
  constexpr std::size_t kSectors = 2;
  std::string image((kSectors + 1) * 512 + 100, 'c');
  image[0x1f1] = kSectors;
  std::memcpy(&image[0x202], "HdrS\x0f\x02", 6);
  std::memcpy(&image[0x248], number(100).data(), 4);
  std::memcpy(&image[0x24c], size_of(payload).data(), 4);
  return image + payload + "what follows";
}

/// The payload within an EFI program that unpacks it.
inline std::string zboot(const std::string& payload) {
  const bool counts_its_size = payload.starts_with("\x1f\x8b");
  const auto size = static_cast<std::uint32_t>(payload.size() - (counts_its_size ? 0 : 4));
  std::string image = std::string("MZ\0\0zimg", 8) + number(64) + number(size);
  image.resize(64, 'h');
  return image + payload + "what follows";
}

}  // namespace modgate::test
