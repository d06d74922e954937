// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "gate/module/image.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

/// libcrypto would open openssl.cnf at its first use, which a confined process cannot.
bool libcrypto_ready() { return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1; }

Error digest_failed() { return {Outcome::unavailable, "SHA-256 could not be computed"}; }

}  // namespace

void prepare_digests() {
  const DigestContext context(libcrypto_ready() ? EVP_MD_CTX_new() : nullptr);
  Digest digest{};
  // Should this fail, the real digest fails as well and is checked there.
  if (context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1) {
    static_cast<void>(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  }
}

Result<Digest> digest_of(int image) {
  struct stat state = {};
  if (::fstat(image, &state) != 0) {
    return Error{Outcome::unavailable, "an image cannot be examined", errno};
  }
  const DigestContext context(libcrypto_ready() ? EVP_MD_CTX_new() : nullptr);
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return digest_failed();
  }
  std::vector<std::uint8_t> block(std::size_t{256} * 1024);
  for (off_t at = 0; at < state.st_size;) {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::int64_t>(state.st_size - at, static_cast<std::int64_t>(block.size())));
    const ssize_t got = ::pread(image, block.data(), wanted, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return Error{Outcome::unavailable, "an image cannot be read", got < 0 ? errno : EIO};
    if (EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(got)) != 1) {
      return digest_failed();
    }
    at += got;
  }
  Digest digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1 || size != digest.size()) {
    return digest_failed();
  }
  return digest;
}

}  // namespace modgate
