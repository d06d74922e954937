// SPDX-License-Identifier: Apache-2.0
#include "gate/config/directory_names.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "modgate/handle.h"

namespace modgate {
namespace {

Error cannot_list(const std::string& path, int code) {
  return {Outcome::unavailable, path + " cannot be listed: " + std::strerror(code), code};
}

}  // namespace

Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
  // closedir(3) closes what it was given, and the caller's descriptor is the caller's.
  Fd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const CHandle<DIR, ::closedir> listing(own ? ::fdopendir(own.get()) : nullptr);
  if (listing == nullptr) return cannot_list(path, errno);
  static_cast<void>(own.release());  // it is the listing's now
  std::vector<std::string> names;
  for (std::size_t count = 0;; ++count) {
    errno = 0;
    // Each listing has one reader here, which is all that readdir(3) asks for.
    const dirent* entry = ::readdir(listing.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    if (count >= kMostNames) {
      return Error{Outcome::unavailable, path + " holds too many files", E2BIG};
    }
    const std::string name = std::begin(entry->d_name);
    if (name.front() != '.') names.push_back(name);
  }
  if (errno != 0) return cannot_list(path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace modgate
