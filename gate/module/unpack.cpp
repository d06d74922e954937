// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gate/module/image.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

constexpr std::size_t kUnpackBlock = std::size_t{128} * 1024;
/// xz -9 needs 65 MiB to unpack; kernel modules are packed with far less.
constexpr std::uint64_t kModuleXzMemory = std::uint64_t{96} * 1024 * 1024;
/// 128 MiB, the most that zstd itself takes unasked.
constexpr int kZstdWindowLog = 27;

Error badly_packed(const std::string& what) {
  return {Outcome::rejected, "the compressed module is " + what};
}

/// The packed bytes, in blocks, by offset: whoever else holds the descriptor cannot move them.
class Source {
 public:
  Source(int file, std::uint64_t max_bytes)
      : file_(file), max_bytes_(max_bytes), block_(kUnpackBlock) {}

  /// The next block; empty at the end.
  Result<std::span<std::uint8_t>> next() {
    for (;;) {
      const ssize_t got = ::pread(file_, block_.data(), block_.size(), static_cast<off_t>(at_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error{Outcome::rejected, "the module's file cannot be read", errno};
      const auto count = static_cast<std::size_t>(got);
      if (count > max_bytes_ - at_) return badly_packed("too large");
      at_ += count;
      return std::span(block_.data(), count);
    }
  }

 private:
  int file_;
  std::uint64_t max_bytes_;
  std::uint64_t at_ = 0;
  std::vector<std::uint8_t> block_;
};

/// The unpacked bytes: written to the image as they come, up to the limit.
class Sink {
 public:
  Sink(int image, std::uint64_t max_bytes)
      : image_(image), left_(max_bytes), block_(kUnpackBlock) {}

  std::span<std::uint8_t> block() { return block_; }

  Status take(std::size_t count) {
    if (count > left_) return badly_packed("too large when unpacked");
    left_ -= count;
    for (std::size_t at = 0; at < count;) {
      const ssize_t put = ::write(image_, block_.data() + at, count - at);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Error{Outcome::unavailable, "an image cannot be written", errno};
      at += static_cast<std::size_t>(put);
    }
    return Done{};
  }

 private:
  int image_;
  std::uint64_t left_;
  std::vector<std::uint8_t> block_;
};

class XzDecoder {
 public:
  XzDecoder() = default;
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() { lzma_end(&stream_); }
  lzma_stream* operator->() { return &stream_; }
  lzma_stream* get() { return &stream_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

Status unpack_xz(Source& source, Sink& sink) {
  XzDecoder xz;
  if (lzma_stream_decoder(xz.get(), kModuleXzMemory,
                          LZMA_TELL_UNSUPPORTED_CHECK | LZMA_CONCATENATED) != LZMA_OK) {
    return Error{Outcome::unavailable, "the xz decoder cannot be set up"};
  }
  lzma_action action = LZMA_RUN;
  for (;;) {
    if (xz->avail_in == 0 && action == LZMA_RUN) {
      auto packed = source.next();
      if (!packed) return packed.error();
      xz->next_in = packed->data();
      xz->avail_in = packed->size();
      if (packed->empty()) action = LZMA_FINISH;
    }
    const std::span<std::uint8_t> out = sink.block();
    xz->next_out = out.data();
    xz->avail_out = out.size();
    const lzma_ret verdict = lzma_code(xz.get(), action);
    if (auto taken = sink.take(out.size() - xz->avail_out); !taken) return taken;
    if (verdict == LZMA_STREAM_END) return Done{};
    if (verdict == LZMA_MEMLIMIT_ERROR)
      return badly_packed("packed so that it needs too much memory");
    // LZMA_BUF_ERROR at the end of the file: the stream goes on and the file does not.
    if (verdict != LZMA_OK) return badly_packed(verdict == LZMA_BUF_ERROR ? "cut off" : "damaged");
  }
}

Status unpack_zstd(Source& source, Sink& sink) {
  const CHandle<ZSTD_DCtx, ZSTD_freeDCtx> zstd(ZSTD_createDCtx());
  if (zstd == nullptr ||
      ZSTD_isError(ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kZstdWindowLog)) != 0U) {
    return Error{Outcome::unavailable, "the zstd decoder cannot be set up"};
  }
  bool frame_whole = false;
  for (;;) {
    auto packed = source.next();
    if (!packed) return packed.error();
    if (packed->empty()) return frame_whole ? Status(Done{}) : Status(badly_packed("cut off"));
    ZSTD_inBuffer in{packed->data(), packed->size(), 0};
    bool out_was_full = false;
    while (in.pos < in.size || out_was_full) {
      const std::span<std::uint8_t> block = sink.block();
      ZSTD_outBuffer out{block.data(), block.size(), 0};
      const std::size_t left = ZSTD_decompressStream(zstd.get(), &out, &in);
      if (ZSTD_isError(left) != 0U) return badly_packed("damaged");
      if (auto taken = sink.take(out.pos); !taken) return taken;
      frame_whole = left == 0;
      out_was_full = out.pos == out.size && !frame_whole;
    }
  }
}

class GzipDecoder {
 public:
  GzipDecoder() = default;
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  ~GzipDecoder() {
    // Of an inflater that never began it says Z_STREAM_ERROR, and nothing is lost.
    static_cast<void>(inflateEnd(&stream_));
  }
  z_stream* operator->() { return &stream_; }
  z_stream* get() { return &stream_; }

 private:
  z_stream stream_ = {};
};

Status unpack_gzip(Source& source, Sink& sink) {
  constexpr int kGzipOnly = 15 + 16;
  GzipDecoder gzip;
  if (inflateInit2(gzip.get(), kGzipOnly) != Z_OK) {
    return Error{Outcome::unavailable, "the gzip decoder cannot be set up"};
  }
  bool member_whole = false;
  for (;;) {
    auto packed = source.next();
    if (!packed) return packed.error();
    if (packed->empty()) return member_whole ? Status(Done{}) : Status(badly_packed("cut off"));
    gzip->next_in = packed->data();
    gzip->avail_in = static_cast<unsigned int>(packed->size());
    bool out_was_full = false;
    while (gzip->avail_in > 0 || out_was_full) {
      if (member_whole) {
        // Another member follows, or rubbish, which has no gzip header.
        if (inflateReset(gzip.get()) != Z_OK) return badly_packed("damaged");
        member_whole = false;
      }
      const std::span<std::uint8_t> out = sink.block();
      gzip->next_out = out.data();
      gzip->avail_out = static_cast<unsigned int>(out.size());
      const int verdict = inflate(gzip.get(), Z_NO_FLUSH);
      if (verdict != Z_OK && verdict != Z_STREAM_END && verdict != Z_BUF_ERROR) {
        return badly_packed("damaged");
      }
      if (auto taken = sink.take(out.size() - gzip->avail_out); !taken) return taken;
      member_whole = verdict == Z_STREAM_END;
      out_was_full = gzip->avail_out == 0 && !member_whole;
    }
  }
}

}  // namespace

Status unpack_into_image(int file, Compression compression, int image, std::uint64_t max_bytes) {
  Source source(file, max_bytes);
  Sink sink(image, max_bytes);
  switch (compression) {
    case Compression::xz:
      return unpack_xz(source, sink);
    case Compression::zstd:
      return unpack_zstd(source, sink);
    case Compression::gzip:
      return unpack_gzip(source, sink);
    case Compression::none:
      break;
  }
  return Error{Outcome::rejected, "the module is not compressed"};
}

}  // namespace modgate
