// SPDX-License-Identifier: Apache-2.0
#include "gate/module/signature_message.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <optional>
#include <utility>

namespace modgate {
namespace {

/// Many times what the largest key needs; a larger message would only be copied about.
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
void free_revocations(STACK_OF(X509_CRL) * stack) { sk_X509_CRL_pop_free(stack, X509_CRL_free); }

/// A key that came inside the message must never be taken for a trusted one.
bool carries_certificates(CMS_ContentInfo* message) {
  const CHandle<STACK_OF(X509), free_certificates> certificates(CMS_get1_certs(message));
  const CHandle<STACK_OF(X509_CRL), free_revocations> revocations(CMS_get1_crls(message));
  return certificates != nullptr || revocations != nullptr;
}

bool is_detached_signed_data(CMS_ContentInfo* message) {
  return OBJ_obj2nid(CMS_get0_type(message)) == NID_pkcs7_signed && CMS_is_detached(message) == 1 &&
         OBJ_obj2nid(CMS_get0_eContentType(message)) == NID_pkcs7_data;
}

const EVP_MD* trusted_digest(int nid) {
  switch (nid) {
    case NID_sha256:
      return EVP_sha256();
    case NID_sha384:
      return EVP_sha384();
    case NID_sha512:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

/// The type of key that this signature algorithm takes with this digest; nothing for others, among
/// them RSA-PSS, which the kernel does not know.
std::optional<int> key_type_for(int signature_nid, int digest_nid) {
  if (signature_nid == NID_rsaEncryption) return EVP_PKEY_RSA;
  int digest = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(signature_nid, &digest, &key) != 1 || digest != digest_nid) {
    return std::nullopt;
  }
  if (key == NID_rsaEncryption) return EVP_PKEY_RSA;
  if (key == NID_X9_62_id_ecPublicKey) return EVP_PKEY_EC;
  return std::nullopt;
}

int nid_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

}  // namespace

std::variant<SignatureMessage, SignatureFinding> SignatureMessage::parse(
    std::span<const std::uint8_t> der) {
  if (der.size() > kMostBytes) return SignatureFinding::broken_message;
  const unsigned char* at = der.data();
  Message message(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (message == nullptr || at != der.data() + der.size() ||
      !is_detached_signed_data(message.get())) {
    return SignatureFinding::broken_message;
  }
  const STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(message.get());
  if (sk_CMS_SignerInfo_num(signers) != 1) return SignatureFinding::not_one_signer;
  if (carries_certificates(message.get())) return SignatureFinding::carries_certificates;
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  // -1: there is no set of them at all. An empty set would be hashed in place of the module.
  if (CMS_signed_get_attr_count(signer) != -1 || CMS_unsigned_get_attr_count(signer) != -1) {
    return SignatureFinding::attributes;
  }
  X509_ALGOR* digest_algorithm = nullptr;
  X509_ALGOR* signature_algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest_algorithm, &signature_algorithm);
  const int digest_nid = nid_of(digest_algorithm);
  const EVP_MD* digest = trusted_digest(digest_nid);
  if (digest == nullptr) return SignatureFinding::weak_digest;
  const auto key_type = key_type_for(nid_of(signature_algorithm), digest_nid);
  if (!key_type) return SignatureFinding::foreign_algorithm;
  return SignatureMessage(std::move(message), signer, digest, *key_type);
}

bool SignatureMessage::names(X509* certificate) const noexcept {
  return CMS_SignerInfo_cert_cmp(signer_, certificate) == 0;
}

bool SignatureMessage::verifies(X509* certificate,
                                std::span<const std::uint8_t> digest_of_body) const noexcept {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_base_id(key) != key_type_) return false;
  const ASN1_OCTET_STRING* signature = CMS_SignerInfo_get0_signature(signer_);
  const CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(key, nullptr));
  // Without attributes the signature is over the digest of the body itself (RFC 5652, 5.4).
  const bool verified = signature != nullptr && context != nullptr &&
                        EVP_PKEY_verify_init(context.get()) == 1 &&
                        EVP_PKEY_CTX_set_signature_md(context.get(), digest_) == 1 &&
                        EVP_PKEY_verify(context.get(), ASN1_STRING_get0_data(signature),
                                        static_cast<std::size_t>(ASN1_STRING_length(signature)),
                                        digest_of_body.data(), digest_of_body.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace modgate
