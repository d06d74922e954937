// SPDX-License-Identifier: Apache-2.0
#include "gate/client/handed_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace modgate {

Result<Fd> open_handed_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    // A socket or a device without a driver cannot be opened at all (open(2)).
    const Outcome outcome = errno == ENXIO || errno == ENODEV ? Outcome::rejected : Outcome::failed;
    return Error{outcome, "cannot open " + path + ": " + std::strerror(errno), errno};
  }
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) {
    return Error{Outcome::failed, "cannot look at " + path + ": " + std::strerror(errno), errno};
  }
  if (!S_ISREG(state.st_mode)) {
    return Error{Outcome::rejected, path + " is not a regular file"};
  }
  return file;
}

}  // namespace modgate
