// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <functional>

#include "catch.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"

using namespace modgate;

namespace {

std::string xz(const std::string& bytes, std::uint32_t preset = 0) {
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  const lzma_ret done = lzma_easy_buffer_encode(
      preset, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
      bytes.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  REQUIRE(done == LZMA_OK);
  packed.resize(size);
  return packed;
}

std::string zst(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3);
  REQUIRE(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

std::string gz(const std::string& bytes) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  REQUIRE(deflateEnd(&stream) == Z_OK);
  return packed;
}

struct Unpacked {
  Status done;
  std::string bytes;
};

Unpacked unpack(const std::string& packed, Compression compression, std::uint64_t max_bytes) {
  const Fd file = test::file_of(packed);
  const Fd image = test::file_of("");
  Status done = unpack_into_image(file.get(), compression, image.get(), max_bytes);
  return {std::move(done), test::content_of(image.get())};
}

/// Bytes that no compressor makes much smaller.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct Packer {
  Compression compression;
  std::function<std::string(const std::string&)> pack;
};

const Packer kPackers[] = {{Compression::xz, [](const std::string& bytes) { return xz(bytes); }},
                           {Compression::zstd, zst},
                           {Compression::gzip, gz}};

bool rejected(const Unpacked& unpacked) {
  return !unpacked.done && unpacked.done.error().outcome == Outcome::rejected;
}

}  // namespace

TEST_CASE("what was packed is unpacked, byte for byte") {
  for (const Packer& packer : kPackers) {
    for (const std::string& bytes :
         {std::string("a"), test::ModuleFile().bytes(), noise(1000000), std::string(700000, 'x')}) {
      const Unpacked unpacked = unpack(packer.pack(bytes), packer.compression, 2000000);
      REQUIRE(unpacked.done);
      CHECK(unpacked.bytes == bytes);
    }
  }
}

TEST_CASE("streams one after the other are one file, as the tools make them") {
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack("one ") + packer.pack(noise(200000)) + packer.pack("!");
    const Unpacked unpacked = unpack(packed, packer.compression, 1000000);
    REQUIRE(unpacked.done);
    CHECK(unpacked.bytes == "one " + noise(200000) + "!");
  }
}

TEST_CASE("rubbish after the end is refused") {
  for (const Packer& packer : kPackers) {
    for (const std::string& rubbish : {std::string("x"), std::string("rubbish"), noise(300000)}) {
      CHECK(rejected(unpack(packer.pack("module") + rubbish, packer.compression, 1000000)));
    }
  }
}

TEST_CASE("a stream cut off anywhere is refused") {
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack(test::ModuleFile().bytes());
    for (std::size_t size = 0; size < packed.size(); ++size) {
      if (!rejected(unpack(packed.substr(0, size), packer.compression, 1000000))) {
        FAIL("taken with " << size << " of " << packed.size() << " bytes");
      }
    }
  }
}

TEST_CASE("damaged data is refused") {
  // zstd is left out: its frames from this encoder bear no checksum. The module's own digest and
  // signature catch that.
  for (const Packer& packer : {kPackers[0], kPackers[2]}) {
    std::string packed = packer.pack(noise(5000));
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x10);
    CHECK(rejected(unpack(packed, packer.compression, 1000000)));
  }
  for (const Packer& packer : kPackers) {
    CHECK(rejected(unpack("not packed at all", packer.compression, 1000000)));
    CHECK(rejected(unpack("", packer.compression, 1000000)));
  }
}

TEST_CASE("a bomb ends at the limit") {
  const std::string bytes(std::size_t{64} * 1024 * 1024, '\0');
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack(bytes);
    REQUIRE(packed.size() < 200000);
    const Unpacked unpacked = unpack(packed, packer.compression, 1000000);
    CHECK(rejected(unpacked));
    CHECK(unpacked.bytes.size() <= 1000000);
  }
}

TEST_CASE("the limit itself is allowed, one byte more is not") {
  const std::string bytes(500000, 'x');
  for (const Packer& packer : kPackers) {
    const std::string packed = packer.pack(bytes);
    CHECK(unpack(packed, packer.compression, bytes.size()).done);
    CHECK(rejected(unpack(packed, packer.compression, bytes.size() - 1)));
  }
}

TEST_CASE("a packed file larger than the limit is refused before it is unpacked") {
  for (const Packer& packer : kPackers) {
    CHECK(rejected(unpack(packer.pack(noise(300000)), packer.compression, 200000)));
  }
}

TEST_CASE("streams that want more memory than the helper gives are refused") {
  // A dictionary of 1 GiB and a window of 2^30: legal in both formats.
  std::string packed = xz("small");
  lzma_options_lzma options = {};
  REQUIRE_FALSE(lzma_lzma_preset(&options, 0));
  options.dict_size = std::uint32_t{1} << 30;
  lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  packed.assign(lzma_stream_buffer_bound(5) + 100, '\0');
  std::size_t size = 0;
  REQUIRE(lzma_stream_buffer_encode(
              filters, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>("small"), 5,
              reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()) == LZMA_OK);
  packed.resize(size);
  CHECK(rejected(unpack(packed, Compression::xz, 1000000)));

  // Frame header descriptor 0 (no single segment), window descriptor 20 << 3: 2^30 bytes; then one
  // last raw block of one byte.
  const std::string frame("\x28\xB5\x2F\xFD\x00\xA0\x09\x00\x00x", 10);
  CHECK(rejected(unpack(frame, Compression::zstd, 1000000)));
  // Its twin with a window of 2^20.
  const std::string twin("\x28\xB5\x2F\xFD\x00\x50\x09\x00\x00x", 10);
  const Unpacked good = unpack(twin, Compression::zstd, 1000000);
  CHECK(good.done);
  CHECK(good.bytes == "x");
}

TEST_CASE("a file that is not compressed, or cannot be read, is not unpacked") {
  CHECK(rejected(unpack("abc", Compression::none, 100)));
  const Fd image = test::file_of("");
  CHECK_FALSE(unpack_into_image(-1, Compression::xz, image.get(), 100));
}
