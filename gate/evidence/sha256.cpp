// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/sha256.h"

#include <openssl/evp.h>

#include <new>

#include "modgate/handle.h"

namespace modgate {
namespace {

using Algorithm = CHandle<EVP_MD, EVP_MD_free>;
using HashContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  static const Algorithm algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  const HashContext context(EVP_MD_CTX_new());
  bool done =
      algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1;
  for (const std::string_view part : parts) {
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Digest digest{};
  if (!done || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

}  // namespace modgate
