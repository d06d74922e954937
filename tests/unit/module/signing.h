// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gate/module/certificates.h"
#include "modgate/handle.h"

namespace modgate::test {

using Key = CHandle<EVP_PKEY, EVP_PKEY_free>;
using Bio = CHandle<BIO, BIO_free>;
using Message = CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;

inline void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

inline Key rsa_key(unsigned int bits) { return Key(EVP_RSA_gen(bits)); }
inline Key ec_key(const char* curve) { return Key(EVP_EC_gen(curve)); }

struct CertificateOptions {
  std::string subject = "Modgate test key";
  long serial = 4711;
  std::int64_t not_before = -3600;  ///< seconds from now
  std::int64_t not_after = 3600;
  bool with_identifier = true;
};

/// A self-signed certificate, as the kernel's build and administrators make them.
inline Certificate make_certificate(EVP_PKEY* key, const CertificateOptions& options = {}) {
  Certificate made(X509_new());
  const std::time_t now = std::time(nullptr);
  X509_NAME* name = X509_get_subject_name(made.get());
  require(
      X509_set_version(made.get(), X509_VERSION_3) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(made.get()), options.serial) == 1 &&
          X509_NAME_add_entry_by_txt(
              name, "CN", MBSTRING_ASC,
              reinterpret_cast<const unsigned char*>(options.subject.c_str()), -1, -1, 0) == 1 &&
          X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key) == 1,
      "make a certificate");
  ASN1_TIME_set(X509_getm_notBefore(made.get()), now + options.not_before);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), now + options.not_after);
  if (options.with_identifier) {
    X509V3_CTX context = {};
    X509V3_set_ctx(&context, made.get(), made.get(), nullptr, nullptr, 0);
    const CHandle<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_key_identifier, "hash"));
    require(extension != nullptr && X509_add_ext(made.get(), extension.get(), -1) == 1,
            "identify a key");
  }
  require(X509_sign(made.get(), key, EVP_sha256()) > 0, "sign a certificate");
  return made;
}

inline Certificate same_certificate(const Certificate& other) {
  require(X509_up_ref(other.get()) == 1, "share a certificate");
  return Certificate(other.get());
}

inline std::string der_of(const Certificate& certificate) {
  unsigned char* out = nullptr;
  const int size = i2d_X509(certificate.get(), &out);
  require(size > 0, "encode a certificate");
  std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

inline std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

inline std::string pem_of(const Certificate& certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(out.get(), certificate.get()) == 1, "encode a certificate");
  return text_of(out.get());
}

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Who signs, and how; the default is what scripts/sign-file does.
struct Signer {
  EVP_PKEY* key;
  X509* certificate;
  const EVP_MD* digest = EVP_sha256();
  unsigned int flags = CMS_NOATTR;  ///< CMS_USE_KEYID: name the key by its identifier
  bool brings_certificate = false;
};

inline std::string message_over(std::string_view body, std::initializer_list<Signer> signers) {
  constexpr unsigned int kBase = CMS_BINARY | CMS_DETACHED | CMS_STREAM;
  const Message message(CMS_sign(nullptr, nullptr, nullptr, nullptr, kBase | CMS_PARTIAL));
  require(message != nullptr, "begin a signature");
  for (const Signer& signer : signers) {
    const unsigned int certificates = signer.brings_certificate ? 0U : CMS_NOCERTS;
    require(CMS_add1_signer(
                message.get(), signer.certificate, signer.key, signer.digest,
                CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL | certificates | signer.flags) != nullptr,
            "add a signer");
  }
  const Bio content(BIO_new_mem_buf(body.data(), static_cast<int>(body.size())));
  // Without a signer there is nothing to finish.
  require(signers.size() == 0 || CMS_final(message.get(), content.get(), nullptr, kBase) == 1,
          "sign");
  const Bio out(BIO_new(BIO_s_mem()));
  require(i2d_CMS_bio(out.get(), message.get()) == 1, "encode a signature");
  return text_of(out.get());
}

/// struct module_signature and the marker.
inline std::string trailer_for(std::size_t message_size) {
  std::string trailer(12, '\0');
  trailer[2] = 2;
  for (unsigned int at = 0; at < 4; ++at) {
    trailer[11 - at] = static_cast<char>(message_size >> (8 * at) & 0xff);
  }
  return trailer + "~Module signature appended~\n";
}

inline std::string with_message(const std::string& body, const std::string& message) {
  return body + message + trailer_for(message.size());
}

inline std::string signed_by(const std::string& body, const Signer& signer) {
  return with_message(body, message_over(body, {signer}));
}

}  // namespace modgate::test
