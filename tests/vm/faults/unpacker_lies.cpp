// SPDX-License-Identifier: Apache-2.0
#include "unpacker_lies.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "gate/module/mapped_image.h"

/// `swap`: what is unpacked is not what was packed. `keep`: it says that it is done and keeps the
/// image mapped for writing.
modgate::Status lie_about_unpacked(int image, const modgate::Status& done) {
  const auto mapped = modgate::MappedImage::map(image);
  if (!done || !mapped) return done;
  constexpr std::string_view kMarker = "modgate-test-unpacker=";
  const std::size_t size = mapped->bytes().size();
  const std::string_view bytes(reinterpret_cast<const char*>(mapped->bytes().data()), size);
  const std::size_t at = bytes.find(kMarker);
  if (at == std::string_view::npos) return done;
  const std::string_view word = bytes.substr(at + kMarker.size());
  if (word.starts_with("swap")) {
    if (::pwrite(image, "?", 1, static_cast<off_t>(size) - 1) != 1) ::_exit(1);
  }
  if (word.starts_with("keep")) {
    constexpr int kSession = 3;
    static_cast<void>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, image, 0));
    std::array<char, 128> answer{};  // UnpackAnswer: done, and nothing to say
    answer[0] = 1;
    if (::write(kSession, answer.data(), answer.size()) < 0) ::_exit(1);
    for (;;) asm volatile("");
  }
  return done;
}
