// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gate/module/image.h"
#include "modgate/handle.h"

/// Any bytes as a compressed module, by each decoder: never more than the limit comes out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kLimit = 65536;
  const modgate::Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const auto compression = modgate::compression_of(file.get());
  if (!compression) std::abort();
  const modgate::Fd image(::memfd_create("fuzz", MFD_CLOEXEC));
  const modgate::Status done =
      modgate::unpack_into_image(file.get(), *compression, image.get(), kLimit);
  struct stat state = {};
  if (::fstat(image.get(), &state) != 0) std::abort();
  if (static_cast<std::uint64_t>(state.st_size) > kLimit) std::abort();
  if (done && *compression == modgate::Compression::none) std::abort();
  return 0;
}
