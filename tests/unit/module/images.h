// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "gate/module/image.h"
#include "modgate/handle.h"

namespace modgate::test {

/// A memfd with these bytes, not sealed.
inline Fd file_of(const std::string& bytes) {
  Fd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::write(file.get(), bytes.data() + at, bytes.size() - at);
    if (put <= 0) throw std::runtime_error("write to a memfd");
    at += static_cast<std::size_t>(put);
  }
  return file;
}

inline Fd sealed_image_of(const std::string& bytes) {
  Fd image = file_of(bytes);
  if (!seal_image(image.get())) throw std::runtime_error("seal a memfd");
  return image;
}

/// All bytes of a file that can be read by offset.
inline std::string content_of(int file) {
  std::string content;
  char block[4096];
  for (;;) {
    const ssize_t got = ::pread(file, block, sizeof block, static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace modgate::test
