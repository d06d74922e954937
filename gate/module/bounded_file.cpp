// SPDX-License-Identifier: Apache-2.0
#include "gate/module/bounded_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "modgate/handle.h"

namespace modgate {

Result<std::string> read_bounded(const std::string& path, std::size_t max_bytes) {
  // Not blocking: what should be a file may be a FIFO.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return Error{Outcome::unavailable, path + " cannot be opened", errno};
  std::string content;
  std::array<char, 16384> block;
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Outcome::unavailable, path + " cannot be read", errno};
    if (got == 0) return content;
    const auto count = static_cast<std::size_t>(got);
    if (count > max_bytes - content.size()) {
      return Error{Outcome::unavailable, path + " is too large", EFBIG};
    }
    content.append(block.data(), count);
  }
}

}  // namespace modgate
