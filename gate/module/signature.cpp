// SPDX-License-Identifier: Apache-2.0
#include "gate/module/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

#include "gate/module/image.h"
#include "gate/module/signature_message.h"
#include "gate/module/signature_trailer.h"

namespace modgate {
namespace {

using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

/// Small enough to stay in the cache while two digests go over it.
constexpr std::size_t kBlock = std::size_t{128} * 1024;

struct BodyDigest {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
};

DigestContext new_digest(const EVP_MD* algorithm) {
  DigestContext context(EVP_MD_CTX_new());
  if (context != nullptr && EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) {
    context.reset();
  }
  return context;
}

bool update(EVP_MD_CTX* context, std::span<const std::uint8_t> bytes) {
  return EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1;
}

/// SHA-256 of the image; and, where a body is to be verified, the digest of the body in the same
/// pass. With SHA-256 for both, which is the rule, no byte is hashed twice.
bool hash(std::span<const std::uint8_t> image, std::size_t body_size, const EVP_MD* algorithm,
          Digest& whole, BodyDigest& body) {
  const bool same = algorithm != nullptr && EVP_MD_get_type(algorithm) == NID_sha256;
  const DigestContext of_image = new_digest(EVP_sha256());
  const DigestContext of_body = new_digest(algorithm == nullptr ? EVP_sha256() : algorithm);
  if (of_image == nullptr || of_body == nullptr) return false;
  const auto hash_part = [&](std::span<const std::uint8_t> part, bool both) {
    for (; !part.empty(); part = part.subspan(std::min(kBlock, part.size()))) {
      const auto block = part.first(std::min(kBlock, part.size()));
      if (!update(of_image.get(), block) || (both && !update(of_body.get(), block))) return false;
    }
    return true;
  };
  if (!hash_part(image.first(body_size), algorithm != nullptr && !same) ||
      (same && EVP_MD_CTX_copy_ex(of_body.get(), of_image.get()) != 1) ||
      (algorithm != nullptr &&
       EVP_DigestFinal_ex(of_body.get(), body.bytes.data(), &body.size) != 1)) {
    return false;
  }
  unsigned int size = 0;
  return hash_part(image.subspan(body_size), false) &&
         EVP_DigestFinal_ex(of_image.get(), whole.data(), &size) == 1 && size == whole.size();
}

/// The signature's message and how much of the image it is about, or why there is none.
struct Claim {
  SignatureMessage message;
  std::size_t body_size;
};
std::variant<Claim, SignatureFinding> read_claim(std::span<const std::uint8_t> image) {
  const auto appended = take_signature_off(image);
  if (!appended) return SignatureFinding::broken_trailer;
  if (!appended->has_value()) return SignatureFinding::absent;
  auto message = SignatureMessage::parse((*appended)->message);
  if (const auto* finding = std::get_if<SignatureFinding>(&message)) return *finding;
  return Claim{std::move(std::get<SignatureMessage>(message)), (*appended)->body.size()};
}

void verify(const SignatureMessage& message, std::span<const std::uint8_t> body_digest,
            std::span<const TrustedCertificate> trusted, ImageProof& proof) {
  proof.finding = SignatureFinding::unknown_key;
  for (std::size_t at = 0; at < trusted.size(); ++at) {
    X509* certificate = trusted[at].certificate.get();
    if (!message.names(certificate)) continue;
    if (message.verifies(certificate, body_digest)) proof.verified |= std::uint64_t{1} << at;
    proof.finding = SignatureFinding::forged;
  }
  if (proof.verified != 0) proof.finding = SignatureFinding::verified;
}

}  // namespace

const char* explanation(SignatureFinding finding) noexcept {
  switch (finding) {
    case SignatureFinding::verified:
      return "";
    case SignatureFinding::absent:
      return "it is not signed";
    case SignatureFinding::broken_trailer:
      return "the trailer of its signature is damaged";
    case SignatureFinding::broken_message:
      return "its signature is no whole, detached PKCS#7 message";
    case SignatureFinding::not_one_signer:
      return "its signature has not exactly one signer";
    case SignatureFinding::carries_certificates:
      return "its signature brings a certificate of its own";
    case SignatureFinding::attributes:
      return "its signature has attributes, which the kernel does not take";
    case SignatureFinding::weak_digest:
      return "its signature uses a digest other than SHA-256, SHA-384 and SHA-512";
    case SignatureFinding::foreign_algorithm:
      return "its signature is neither RSA nor ECDSA as the kernel takes it";
    case SignatureFinding::unknown_key:
      return "it is signed by a key that is not trusted here";
    case SignatureFinding::forged:
      return "its signature is forged or its bytes were changed: it names a trusted key, which did "
             "not sign it";
  }
  return "what became of its signature makes no sense";
}

Result<ImageProof> prove_image(std::span<const std::uint8_t> image,
                               std::span<const TrustedCertificate> trusted) {
  if (trusted.size() > kMostTrusted) {
    return Error{Outcome::unavailable, "more certificates are trusted than can be tried"};
  }
  const auto claim = read_claim(image);
  const auto* claimed = std::get_if<Claim>(&claim);
  ImageProof proof;
  BodyDigest body;
  if (!hash(image, claimed == nullptr ? 0 : claimed->body_size,
            claimed == nullptr ? nullptr : claimed->message.digest(), proof.sha256, body)) {
    return Error{Outcome::unavailable, "a digest could not be computed"};
  }
  if (claimed == nullptr) {
    proof.finding = std::get<SignatureFinding>(claim);
  } else {
    verify(claimed->message, {body.bytes.data(), body.size}, trusted, proof);
  }
  return proof;
}

void prepare_verification() {
  prepare_digests();
  // Should one of these fail, the real verification fails as well and is checked there.
  for (const char* name : {"SHA256", "SHA384", "SHA512"}) {
    const CHandle<EVP_MD, EVP_MD_free> digest(EVP_MD_fetch(nullptr, name, nullptr));
  }
  for (const char* name : {"RSA", "EC"}) {
    const CHandle<EVP_KEYMGMT, EVP_KEYMGMT_free> keys(EVP_KEYMGMT_fetch(nullptr, name, nullptr));
  }
  for (const char* name : {"RSA", "ECDSA"}) {
    const CHandle<EVP_SIGNATURE, EVP_SIGNATURE_free> scheme(
        EVP_SIGNATURE_fetch(nullptr, name, nullptr));
  }
  // ECDSA on some curves is blinded with random numbers.
  unsigned char chance = 0;
  static_cast<void>(RAND_priv_bytes(&chance, sizeof chance));
  ERR_clear_error();
}

}  // namespace modgate
