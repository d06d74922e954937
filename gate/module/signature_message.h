// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/cms.h>

#include <cstdint>
#include <span>
#include <variant>

#include "gate/module/signature.h"
#include "modgate/handle.h"

namespace modgate {

/// The PKCS#7 message of a module's signature, in the one form that sign-file makes and the kernel
/// takes: whole DER, signedData, detached, of pkcs7-data, one signer, no certificates or
/// revocations inside, no attributes, a digest of the SHA-2 family, RSA with PKCS#1 v1.5 or ECDSA.
/// Whatever could carry a second meaning is refused, not ignored.
class SignatureMessage {
 public:
  /// The message, or why it is none.
  static std::variant<SignatureMessage, SignatureFinding> parse(std::span<const std::uint8_t> der);

  [[nodiscard]] const EVP_MD* digest() const noexcept { return digest_; }

  /// Whether the message says that this certificate's key made it: by issuer and serial number, or
  /// by subject key identifier. A claim.
  [[nodiscard]] bool names(X509* certificate) const noexcept;

  /// Whether the certificate's key signed `digest_of_body`, computed with digest(). The proof.
  [[nodiscard]] bool verifies(X509* certificate,
                              std::span<const std::uint8_t> digest_of_body) const noexcept;

 private:
  using Message = CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;
  SignatureMessage(Message message, CMS_SignerInfo* signer, const EVP_MD* digest, int key_type)
      : message_(std::move(message)), signer_(signer), digest_(digest), key_type_(key_type) {}

  Message message_;
  CMS_SignerInfo* signer_;  ///< within message_
  const EVP_MD* digest_;
  int key_type_;  ///< EVP_PKEY_RSA or EVP_PKEY_EC
};

}  // namespace modgate
