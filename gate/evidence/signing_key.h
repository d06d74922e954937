// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <functional>
#include <string>
#include <string_view>

#include "gate/evidence/verifier_key.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

inline constexpr std::size_t kSigningKeyBytes = 4096;  ///< greatest PEM file of a key
inline constexpr std::size_t kEd25519SignatureBytes = 64;

/// An Ed25519 private key (RFC 8032), held by libcrypto.
class SigningKey {
 public:
  static Result<SigningKey> generate();

  /// Takes an unencrypted PKCS #8 key in PEM ("PRIVATE KEY"); asks nobody for a passphrase. Refuses
  /// what is no Ed25519 key.
  static Result<SigningKey> from_pem(std::string_view pem);

  /// Hands the key as PEM to `write`, and wipes the text afterwards.
  Status to_pem(const std::function<Status(std::string_view)>& write) const;

  [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept { return public_key_; }

  /// kEd25519SignatureBytes bytes.
  [[nodiscard]] Result<std::string> sign(std::string_view message) const;

 private:
  using Handle = CHandle<EVP_PKEY, EVP_PKEY_free>;
  static Result<SigningKey> with(Handle handle);
  explicit SigningKey(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
  Ed25519PublicKey public_key_{};
};

/// Whether `signature` is that of the holder of `key` over `message`.
bool verifies_ed25519(const Ed25519PublicKey& key, std::string_view message,
                      std::string_view signature);

}  // namespace modgate
