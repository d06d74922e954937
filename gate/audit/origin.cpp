// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/origin.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "gate/audit/uuid.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

/// The beginning of a small file of the system, empty where it cannot be read.
std::string read_small(const char* path) {
  const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::array<char, 4096> bytes{};
  std::size_t length = 0;
  while (length < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  return {bytes.data(), length};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The value of a key of os-release(5), without its quotes.
std::string os_release_value(const std::string& text, const std::string& key) {
  std::size_t at = text.starts_with(key + '=') ? 0 : text.find('\n' + key + '=');
  if (at == std::string::npos) return {};
  at = text.find('=', at) + 1;
  std::string value = first_line(text.substr(at));
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
  }
  return value;
}

}  // namespace

Result<Origin> read_origin() {
  Origin origin;
  utsname names = {};
  if (::uname(&names) == 0) {
    origin.hostname = names.nodename;
    origin.kernel_release = names.release;
  }
  origin.machine_id = first_line(read_small("/etc/machine-id"));
  origin.boot_id = first_line(read_small("/proc/sys/kernel/random/boot_id"));
  if (!is_uuid(origin.boot_id)) {
    // Without it the loads of another boot would pass for those of this one.
    return Error{Outcome::unavailable, "the kernel's boot id cannot be read"};
  }
  std::string release = read_small("/etc/os-release");
  if (release.empty()) release = read_small("/usr/lib/os-release");
  origin.os_name = os_release_value(release, "NAME");
  origin.os_version = os_release_value(release, "VERSION_ID");
  origin.product_version = MODGATE_VERSION;
  return origin;
}

}  // namespace modgate
