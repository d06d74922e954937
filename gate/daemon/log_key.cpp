// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/log_key.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "modgate/handle.h"

namespace modgate {
namespace {

Error key_error(const std::string& path, const std::string& why, int code = 0) {
  return {Outcome::unavailable, "the log's signing key " + path + ": " + why, code};
}

/// The bytes of a key, wiped afterwards.
struct KeyText {
  KeyText() = default;
  ~KeyText() { ::explicit_bzero(bytes.data(), bytes.size()); }
  KeyText(const KeyText&) = delete;
  KeyText& operator=(const KeyText&) = delete;

  std::array<char, kSigningKeyBytes + 1> bytes{};
  std::size_t size = 0;
};

}  // namespace

Result<SigningKey> read_log_key(const std::string& path, const VerifierKey& verifier) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    return key_error(
        path, std::string(::strerror(errno)) + "; make it with: modgated --make-log-key", errno);
  }
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) return key_error(path, ::strerror(errno), errno);
  if (!S_ISREG(state.st_mode)) return key_error(path, "no regular file");
  if (state.st_uid != ::geteuid() || (state.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return key_error(path,
                     "it is to belong to uid " + std::to_string(::geteuid()) + ", with mode 0400");
  }
  KeyText text;
  while (text.size < text.bytes.size()) {
    const ssize_t got =
        ::read(file.get(), text.bytes.data() + text.size, text.bytes.size() - text.size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return key_error(path, ::strerror(errno), errno);
    if (got == 0) break;
    text.size += static_cast<std::size_t>(got);
  }
  auto key = SigningKey::from_pem({text.bytes.data(), text.size});
  if (!key) return key_error(path, key.error().message);
  if (key->public_key() != verifier.public_key) {
    return key_error(path, "it is not the key of " + verifier.text());
  }
  return key;
}

}  // namespace modgate
