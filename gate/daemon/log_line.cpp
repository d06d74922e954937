// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/log_line.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace modgate {

void log_line(std::string_view text) noexcept {
  try {
    std::string line = "modgated: ";
    for (const char byte : text) {
      const auto code = static_cast<unsigned char>(byte);
      if (code >= 0x20 && code != 0x7f) {
        line += byte;
      } else if (byte == '\n') {
        line += "\nmodgated:   ";
      } else {
        char escaped[8] = {};
        static_cast<void>(std::snprintf(escaped, sizeof escaped, "\\x%02x", code));
        line += escaped;
      }
    }
    line += '\n';
    // Nobody is left to tell where standard error is gone.
    static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  } catch (...) {
    return;
  }
}

}  // namespace modgate
