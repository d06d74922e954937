// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/login_uid.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include "modgate/handle.h"

namespace modgate {
namespace {

constexpr const char* kPath = "/proc/self/loginuid";
constexpr uid_t kUnset = static_cast<uid_t>(-1);

Error failed(const char* what, int code) {
  return {Outcome::unavailable,
          std::string("the login uid cannot be ") + what + ": " + std::strerror(code), code};
}

}  // namespace

Result<std::optional<uid_t>> own_login_uid() {
  const Fd file(::open(kPath, O_RDONLY | O_CLOEXEC));
  if (!file) return failed("read", errno);
  std::array<char, 32> text;
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) return failed("read", errno);
  uid_t uid = kUnset;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + got, uid);
  static_cast<void>(stop);
  if (problem != std::errc{}) return failed("read", EPROTO);
  return uid == kUnset ? std::nullopt : std::optional<uid_t>(uid);
}

Status set_login_uid(uid_t uid) {
  if (uid == kUnset) return failed("set to nobody's", EINVAL);
  auto own = own_login_uid();
  if (!own) return own.error();
  if (*own == uid) return Done{};
  // The kernel might allow it to a privileged process; the first value is the true one.
  if (*own) return failed("changed", EPERM);
  const Fd file(::open(kPath, O_WRONLY | O_CLOEXEC));
  if (!file) return failed("set", errno);
  const std::string text = std::to_string(uid);
  const ssize_t put = ::write(file.get(), text.data(), text.size());
  if (put < 0) return failed("set", errno);
  if (static_cast<std::size_t>(put) != text.size()) return failed("set", EIO);
  return Done{};
}

}  // namespace modgate
