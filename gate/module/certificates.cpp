// SPDX-License-Identifier: Apache-2.0
#include "gate/module/certificates.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace modgate {
namespace {

constexpr std::size_t kMostNameBytes = 64;
constexpr int kFewestRsaBits = 2048;
constexpr int kFewestEcBits = 256;

Error refused(std::string what) { return {Outcome::rejected, std::move(what)}; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

void release_openssl(void* memory) { OPENSSL_free(memory); }
template <class T>
using OpensslMemory = CHandle<T, release_openssl>;

using Bio = CHandle<BIO, BIO_free>;

/// PEM_read_bio() decrypts nothing and asks nobody for a passphrase.
Result<Certificate> parse_pem(std::span<const std::uint8_t> bytes) {
  const Bio input(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  char* raw_name = nullptr;
  char* raw_header = nullptr;
  unsigned char* raw_data = nullptr;
  long size = 0;
  const bool read =
      input != nullptr && PEM_read_bio(input.get(), &raw_name, &raw_header, &raw_data, &size) == 1;
  const OpensslMemory<char> name(raw_name);
  const OpensslMemory<char> header(raw_header);
  const OpensslMemory<unsigned char> data(raw_data);
  ERR_clear_error();
  if (!read) return refused("it is neither a PEM nor a DER certificate");
  if (std::string_view(name.get()) != PEM_STRING_X509) {
    return refused("it holds a \"" + std::string(name.get()) + "\", not a certificate");
  }
  if (*header != '\0') return refused("its PEM block is encrypted or has headers");
  return certificate_from_der({data.get(), static_cast<std::size_t>(size)});
}

}  // namespace

std::optional<std::string> signer_name(std::string_view file_name) {
  std::optional<std::string> name;
  for (const std::string_view ending : {".pem", ".der"}) {
    if (file_name.ends_with(ending)) {
      name = std::string(file_name.substr(0, file_name.size() - ending.size()));
    }
  }
  if (!name || name->empty() || name->front() == '.' || name->size() > kMostNameBytes ||
      *name == kKernelSigner || !std::all_of(name->begin(), name->end(), is_name_character)) {
    return std::nullopt;
  }
  return name;
}

Result<Certificate> certificate_from_der(std::span<const std::uint8_t> der) {
  const unsigned char* at = der.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  const bool whole = certificate != nullptr && at == der.data() + der.size();
  const bool has_key = whole && X509_get0_pubkey(certificate.get()) != nullptr;
  ERR_clear_error();
  if (certificate == nullptr) return refused("it is no X.509 certificate");
  if (!whole) return refused("something follows the certificate");
  if (!has_key) return refused("its public key cannot be read");
  return certificate;
}

Result<Certificate> parse_certificate(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t kDerSequence = 0x30;
  constexpr std::string_view kPemBegin = "-----BEGIN ";
  if (bytes.empty()) return refused("it is empty");
  if (bytes.size() > kMostCertificateBytes) return refused("it is larger than 64 KiB");
  if (bytes.front() == kDerSequence) return certificate_from_der(bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t first = text.find(kPemBegin);
  if (first == std::string_view::npos) return refused("it is neither a PEM nor a DER certificate");
  if (text.find(kPemBegin, first + 1) != std::string_view::npos) {
    return refused("it holds more than one PEM block; one file names one certificate");
  }
  return parse_pem(bytes);
}

Status may_vouch(const X509* certificate, std::int64_t now) {
  // Both give -2 for a time that cannot be read.
  const int begun = ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate), now);
  const int ended = ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), now);
  if (begun == -2 || ended == -2) return refused("its dates cannot be read");
  if (begun > 0) return refused("it is not valid yet");
  if (ended < 0) return refused("it has expired");
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return refused("its public key cannot be read");
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (bits < kFewestRsaBits) return refused("its RSA key is shorter than 2048 bits");
      return Done{};
    case EVP_PKEY_EC:
      if (bits < kFewestEcBits) return refused("its EC key is shorter than 256 bits");
      return Done{};
    default:
      return refused("its key is neither RSA nor EC");
  }
}

Result<TrustedCertificate> certificate_of_signer(std::string_view file_name,
                                                 std::string_view content, std::int64_t now) {
  const auto name = signer_name(file_name);
  if (!name) return refused("rules cannot name it; call it otherwise");
  auto certificate =
      parse_certificate({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  if (!certificate) return certificate.error();
  if (auto vouches = may_vouch(certificate->get(), now); !vouches) return vouches.error();
  return TrustedCertificate{*name, std::move(*certificate)};
}

std::string key_identifier(const X509* certificate) {
  // X509_get0_subject_key_id() wants to note what it finds in the object, which is the same ever.
  const ASN1_OCTET_STRING* identifier = X509_get0_subject_key_id(const_cast<X509*>(certificate));
  ERR_clear_error();
  std::string text;
  if (identifier == nullptr) return text;
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::span<const unsigned char> bytes(
      ASN1_STRING_get0_data(identifier), static_cast<std::size_t>(ASN1_STRING_length(identifier)));
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xfU];
  }
  return text;
}

}  // namespace modgate
