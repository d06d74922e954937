// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/bulk_output.h"

#include <unistd.h>

#include <cerrno>

namespace modgate {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

}  // namespace

Status BulkOutput::line(std::string_view line) {
  buffer_ += line;
  buffer_ += '\n';
  return buffer_.size() < kPiece && !at_once_ ? Status(Done{}) : flush();
}

Status BulkOutput::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int code = errno;
      buffer_.clear();
      return Error{Outcome::failed, "standard output cannot be written", code};
    }
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return Done{};
}

}  // namespace modgate
