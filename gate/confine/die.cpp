// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/die.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace modgate {

void die(const char* step, int code) noexcept {
  std::array<char, 256> line{};
  const int length =
      std::snprintf(line.data(), line.size(),
                    "modgated: a process could not be confined: %s (errno %d)\n", step, code);
  if (length > 0) {
    const std::size_t size = std::min(line.size() - 1, static_cast<std::size_t>(length));
    // There is nobody else to tell where this cannot be written.
    static_cast<void>(!::write(STDERR_FILENO, line.data(), size));
  }
  ::_exit(kConfinementFailed);
}

void or_die(long result, const char* step) noexcept {
  if (result == -1) die(step, errno);
}

void or_die(const Status& status) noexcept {
  if (!status) die(status.error().message.c_str(), status.error().code);
}

}  // namespace modgate
