// SPDX-License-Identifier: Apache-2.0
#include "gate/review/replace_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "modgate/handle.h"

namespace modgate {
namespace {

Error not_replaced(const std::string& path, int code) {
  return {Outcome::failed, path + ": " + std::strerror(code), code};
}

Status write_whole(const Fd& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return not_replaced(path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return not_replaced(path, errno);
  return Done{};
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text) {
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return not_replaced(path, errno);
  auto written = write_whole(file, text, path);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = not_replaced(path, errno);
  if (!written) {
    // The error that led here is the one to tell.
    static_cast<void>(::unlink(temporary.c_str()));
    return written;
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return not_replaced(folder, errno);
  return Done{};
}

}  // namespace modgate
