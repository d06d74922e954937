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
constexpr std::size_t kDigestBlock = std::size_t{128} * 1024;

/// The digest of what is signed, by the algorithm of the signature.
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

/// Goes over `bytes` once, for one digest or for two; `second` may be nullptr.
bool update(EVP_MD_CTX* first, EVP_MD_CTX* second, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto block = bytes.first(std::min(kDigestBlock, bytes.size()));
    bytes = bytes.subspan(block.size());
    if (EVP_DigestUpdate(first, block.data(), block.size()) != 1) return false;
    if (second != nullptr && EVP_DigestUpdate(second, block.data(), block.size()) != 1) {
      return false;
    }
  }
  return true;
}

/// What one pass over an image finds.
class ImageHash {
 public:
  /// SHA-256 of the whole, and the digest by `algorithm` of its first `body_size` bytes. Where that
  /// is SHA-256 as well, which is the rule, no byte is hashed twice.
  bool run(std::span<const std::uint8_t> image, std::size_t body_size, const EVP_MD* algorithm) {
    const DigestContext of_image = new_digest(EVP_sha256());
    const DigestContext of_body = new_digest(algorithm);
    if (of_image == nullptr || of_body == nullptr) return false;
    const bool same = EVP_MD_get_type(algorithm) == NID_sha256;
    if (!update(of_image.get(), same ? nullptr : of_body.get(), image.first(body_size))) {
      return false;
    }
    // What SHA-256 has seen so far is the body.
    if (same && EVP_MD_CTX_copy_ex(of_body.get(), of_image.get()) != 1) return false;
    unsigned int size = 0;
    return update(of_image.get(), nullptr, image.subspan(body_size)) &&
           EVP_DigestFinal_ex(of_body.get(), body.bytes.data(), &body.size) == 1 &&
           EVP_DigestFinal_ex(of_image.get(), whole.data(), &size) == 1 && size == whole.size();
  }

  Digest whole{};
  BodyDigest body;
};

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
  ImageHash hash;
  const bool hashed = claimed == nullptr
                          ? hash.run(image, 0, EVP_sha256())
                          : hash.run(image, claimed->body_size, claimed->message.digest());
  if (!hashed) return Error{Outcome::unavailable, "a digest could not be computed"};
  ImageProof proof;
  proof.sha256 = hash.whole;
  if (claimed == nullptr) {
    proof.finding = std::get<SignatureFinding>(claim);
  } else {
    verify(claimed->message, {hash.body.bytes.data(), hash.body.size}, trusted, proof);
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
