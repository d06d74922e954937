// SPDX-License-Identifier: Apache-2.0
#include "gate/module/signature.h"

#include <openssl/sha.h>

#include <algorithm>

#include "catch.h"
#include "gate/module/signature_trailer.h"
#include "unit/module/module_file.h"
#include "unit/module/signing.h"

using namespace modgate;
using modgate::test::Signer;

namespace {

/// Keys are made once: RSA takes its time.
struct Keys {
  test::Key rsa = test::rsa_key(2048);
  test::Key ec = test::ec_key("P-256");
  test::Key ec384 = test::ec_key("P-384");
  test::Key attacker = test::ec_key("P-256");
  test::Key attacker_rsa = test::rsa_key(2048);
  Certificate rsa_certificate = test::make_certificate(rsa.get(), {"RSA key", 1});
  Certificate ec_certificate = test::make_certificate(ec.get(), {"EC key", 2});
  Certificate ec384_certificate = test::make_certificate(ec384.get(), {"EC key of 384 bits", 3});
  /// Issuer and serial number of the trusted ones.
  Certificate cloned_ec = test::make_certificate(attacker.get(), {"EC key", 2});
  Certificate cloned_rsa = test::make_certificate(attacker_rsa.get(), {"RSA key", 1});
};

const Keys& keys() {
  static const Keys made;
  return made;
}

TrustedCertificates trusted() {
  TrustedCertificates all;
  all.push_back({"rsa", test::same_certificate(keys().rsa_certificate)});
  all.push_back({"ec", test::same_certificate(keys().ec_certificate)});
  all.push_back({"ec384", test::same_certificate(keys().ec384_certificate)});
  return all;
}
constexpr std::uint64_t kRsa = 1;
constexpr std::uint64_t kEc = 2;
constexpr std::uint64_t kEc384 = 4;

Signer by_rsa() { return {keys().rsa.get(), keys().rsa_certificate.get()}; }
Signer by_ec() { return {keys().ec.get(), keys().ec_certificate.get()}; }

std::string body() {
  // CR LF: a message over text would be about other bytes.
  return test::ModuleFile().bytes() + std::string(300000, 'x') + "\r\n\n\r";
}

ImageProof prove(const std::string& image, const TrustedCertificates& certificates = trusted()) {
  auto proof = prove_image(test::bytes_of(image), certificates);
  REQUIRE(proof);
  Digest expected{};
  SHA256(reinterpret_cast<const unsigned char*>(image.data()), image.size(), expected.data());
  CHECK(proof->sha256 == expected);
  CHECK((proof->verified != 0) == (proof->finding == SignatureFinding::verified));
  return *proof;
}

SignatureFinding finding(const std::string& image,
                         const TrustedCertificates& certificates = trusted()) {
  return prove(image, certificates).finding;
}

}  // namespace

TEST_CASE("a signature verifies by the certificate of its key and by no other") {
  struct Row {
    EVP_PKEY* key;
    const Certificate& certificate;
    std::uint64_t verified;
  };
  const Row rows[] = {{keys().rsa.get(), keys().rsa_certificate, kRsa},
                      {keys().ec.get(), keys().ec_certificate, kEc},
                      {keys().ec384.get(), keys().ec384_certificate, kEc384}};
  for (const Row& row : rows) {
    for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
      for (const unsigned int identified : {0U, static_cast<unsigned int>(CMS_USE_KEYID)}) {
        const std::string image = test::signed_by(
            body(), {row.key, row.certificate.get(), digest, CMS_NOATTR | identified});
        CHECK(prove(image).verified == row.verified);
        CHECK(finding(image, {}) == SignatureFinding::unknown_key);
      }
    }
  }
}

TEST_CASE("what is not signed has no signer and its digest") {
  CHECK(finding(body()) == SignatureFinding::absent);
  CHECK(finding("x") == SignatureFinding::absent);
  CHECK(finding(test::signed_by(body(), by_ec()) + "x") == SignatureFinding::absent);
}

TEST_CASE("a key that nobody trusts proves nothing") {
  const Certificate own = test::make_certificate(keys().attacker.get(), {"EC key", 77});
  CHECK(finding(test::signed_by(body(), {keys().attacker.get(), own.get()})) ==
        SignatureFinding::unknown_key);
  CHECK(finding(test::signed_by(body(), {keys().attacker.get(), own.get(), EVP_sha256(),
                                         CMS_NOATTR | CMS_USE_KEYID})) ==
        SignatureFinding::unknown_key);
}

TEST_CASE("a cloned issuer and serial number proves nothing") {
  const Certificate other_kind = test::make_certificate(keys().attacker.get(), {"RSA key", 1});
  const Signer rows[] = {{keys().attacker.get(), keys().cloned_ec.get()},
                         {keys().attacker_rsa.get(), keys().cloned_rsa.get()},
                         // The name of the one key, made with the other kind.
                         {keys().attacker.get(), other_kind.get()}};
  for (const Signer& signer : rows) {
    CHECK(finding(test::signed_by(body(), signer)) == SignatureFinding::forged);
    Signer with_attributes = {signer.key, signer.certificate};
    with_attributes.flags = 0;
    CHECK(finding(test::signed_by(body(), with_attributes)) == SignatureFinding::attributes);
    Signer with_certificate = {signer.key, signer.certificate};
    with_certificate.brings_certificate = true;
    CHECK(finding(test::signed_by(body(), with_certificate)) ==
          SignatureFinding::carries_certificates);
  }
}

TEST_CASE("two trusted certificates of one name are each tried with their own key") {
  TrustedCertificates both;
  both.push_back({"impostor", test::same_certificate(keys().cloned_ec)});
  both.push_back({"ec", test::same_certificate(keys().ec_certificate)});
  CHECK(prove(test::signed_by(body(), by_ec()), both).verified == 2);
  CHECK(prove(test::signed_by(body(), {keys().attacker.get(), keys().cloned_ec.get()}), both)
            .verified == 1);
}

TEST_CASE("the forms that the kernel does not take are refused though the key is good") {
  Signer signer = by_ec();
  signer.flags = 0;
  CHECK(finding(test::signed_by(body(), signer)) == SignatureFinding::attributes);
  signer = by_ec();
  signer.brings_certificate = true;
  CHECK(finding(test::signed_by(body(), signer)) == SignatureFinding::carries_certificates);
  for (const EVP_MD* weak : {EVP_sha1(), EVP_sha224(), EVP_md5()}) {
    signer = by_rsa();
    signer.digest = weak;
    CHECK(finding(test::signed_by(body(), signer)) == SignatureFinding::weak_digest);
  }
  const std::string two =
      test::with_message(body(), test::message_over(body(), {by_ec(), by_rsa()}));
  CHECK(finding(two) == SignatureFinding::not_one_signer);
  const std::string none = test::with_message(body(), test::message_over(body(), {}));
  CHECK(finding(none) == SignatureFinding::not_one_signer);
}

TEST_CASE("a message that is not whole, detached and alone is refused") {
  const std::string message = test::message_over(body(), {by_ec()});
  for (const std::string& tail : {std::string(1, '\0'), std::string("x"), message}) {
    CHECK(finding(test::with_message(body(), message + tail)) == SignatureFinding::broken_message);
  }
  for (std::size_t size = 1; size < message.size(); size += 7) {
    CHECK(finding(test::with_message(body(), message.substr(0, size))) ==
          SignatureFinding::broken_message);
  }
  // As large as a whole module, to be copied about.
  CHECK(finding(test::with_message("body", std::string(70000, '0'))) ==
        SignatureFinding::broken_message);
  // One that carries what it signs.
  const test::Bio content(BIO_new_mem_buf("other", 5));
  const test::Message attached(CMS_sign(keys().ec_certificate.get(), keys().ec.get(), nullptr,
                                        content.get(), CMS_BINARY | CMS_NOCERTS | CMS_NOATTR));
  REQUIRE(attached != nullptr);
  const test::Bio out(BIO_new(BIO_s_mem()));
  REQUIRE(i2d_CMS_bio(out.get(), attached.get()) == 1);
  CHECK(finding(test::with_message("other", test::text_of(out.get()))) ==
        SignatureFinding::broken_message);
  // One that is no signature.
  const test::Message data(CMS_data_create(content.get(), CMS_BINARY));
  const test::Bio data_out(BIO_new(BIO_s_mem()));
  REQUIRE(i2d_CMS_bio(data_out.get(), data.get()) == 1);
  CHECK(finding(test::with_message(body(), test::text_of(data_out.get()))) ==
        SignatureFinding::broken_message);
}

TEST_CASE("content of another type than data is refused") {
  const test::Message typed(CMS_sign(nullptr, nullptr, nullptr, nullptr,
                                     CMS_BINARY | CMS_DETACHED | CMS_STREAM | CMS_PARTIAL));
  REQUIRE(CMS_set1_eContentType(typed.get(), OBJ_nid2obj(NID_id_smime_ct_TSTInfo)) == 1);
  REQUIRE(CMS_add1_signer(typed.get(), keys().ec_certificate.get(), keys().ec.get(), EVP_sha256(),
                          CMS_BINARY | CMS_NOATTR | CMS_NOCERTS) != nullptr);
  const test::Bio content(BIO_new_mem_buf("body", 4));
  REQUIRE(CMS_final(typed.get(), content.get(), nullptr, CMS_BINARY | CMS_DETACHED | CMS_STREAM) ==
          1);
  const test::Bio out(BIO_new(BIO_s_mem()));
  REQUIRE(i2d_CMS_bio(out.get(), typed.get()) == 1);
  const SignatureFinding found = finding(test::with_message("body", test::text_of(out.get())));
  CHECK((found == SignatureFinding::broken_message || found == SignatureFinding::attributes));
}

TEST_CASE("no changed byte of a module, its signature or its trailer leaves it verified") {
  const std::string plain = test::ModuleFile().bytes();
  for (const Signer& signer : {by_ec(), by_rsa()}) {
    const std::string image = test::signed_by(plain, signer);
    REQUIRE(finding(image) == SignatureFinding::verified);
    // The signature itself is the last part of its message. What stands before it names versions
    // and algorithms; some of that is said twice and binds nothing.
    const std::size_t value = EVP_PKEY_get_base_id(signer.key) == EVP_PKEY_RSA ? 256 : 66;
    const std::size_t binding = image.size() - 40 - value;
    for (std::size_t at = 0; at < image.size(); ++at) {
      if (at < plain.size() && at % 37 != 0) continue;
      for (const unsigned int bit : {0x01U, 0x80U}) {
        std::string changed = image;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ bit);
        const auto proof = prove_image(test::bytes_of(changed), trusted());
        REQUIRE(proof);
        const bool binds = at < plain.size() || at >= binding;
        if (binds && proof->verified != 0) FAIL("byte " << at << " of " << image.size());
        if ((proof->verified & ~(at < plain.size() ? 0 : kRsa | kEc)) != 0) FAIL("another key");
      }
    }
  }
}

TEST_CASE("a signed module cut off or grown anywhere is not verified") {
  const std::string image = test::signed_by(test::ModuleFile().bytes(), by_ec());
  for (std::size_t size = 0; size < image.size(); size += size + 500 < image.size() ? 97U : 1U) {
    CHECK(prove_image(test::bytes_of(image.substr(0, size)), trusted())->verified == 0);
    CHECK(prove_image(test::bytes_of(image.substr(image.size() - size)), trusted())->verified == 0);
  }
  CHECK(finding('x' + image) == SignatureFinding::forged);
  std::string longer = image;
  CHECK(finding(longer.insert(test::ModuleFile().bytes().size(), 1, 'x')) ==
        SignatureFinding::forged);
}

TEST_CASE("of two signatures the last counts, over all that stands before it") {
  const std::string once = test::signed_by(body(), by_ec());
  CHECK(prove(test::signed_by(once, by_rsa())).verified == kRsa);
  // The first one is good, but not for these bytes.
  const std::string message = test::message_over(body(), {by_ec()});
  CHECK(finding(test::with_message(once, message)) == SignatureFinding::forged);
}

TEST_CASE("a trailer that the kernel does not take is no signature") {
  const std::string message = test::message_over(body(), {by_ec()});
  const std::string signed_part = body() + message;
  const std::string good = test::trailer_for(message.size());
  REQUIRE(finding(signed_part + good) == SignatureFinding::verified);
  for (std::size_t at = 0; at < 8; ++at) {
    for (const int value : {0, 1, 2, 3, 255}) {
      std::string trailer = good;
      trailer[at] = static_cast<char>(value);
      if (trailer == good) continue;
      CHECK(finding(signed_part + trailer) == SignatureFinding::broken_trailer);
    }
  }
  for (const std::size_t size : {std::size_t{0}, signed_part.size(), signed_part.size() + 1,
                                 std::size_t{0x7fffffff}, std::size_t{0xffffffff}}) {
    CHECK(finding(signed_part + test::trailer_for(size)) == SignatureFinding::broken_trailer);
  }
  CHECK(finding(signed_part + test::trailer_for(signed_part.size() - 1)) ==
        SignatureFinding::broken_message);
  for (std::size_t cut = 1; cut <= 12; ++cut) {
    CHECK(finding(good.substr(cut)) == SignatureFinding::broken_trailer);
  }
  CHECK(finding(good) == SignatureFinding::broken_trailer);
}

TEST_CASE("an image is taken apart where its trailer says") {
  const std::string image = test::with_message("body", "message");
  const auto parts = take_signature_off(test::bytes_of(image));
  REQUIRE(parts);
  REQUIRE(parts->has_value());
  CHECK(std::equal((*parts)->body.begin(), (*parts)->body.end(), image.begin()));
  CHECK((*parts)->body.size() == 4);
  CHECK((*parts)->message.size() == 7);
}

TEST_CASE("RSA with PSS, which the kernel does not know, is refused") {
  const test::Message message(CMS_sign(nullptr, nullptr, nullptr, nullptr,
                                       CMS_BINARY | CMS_DETACHED | CMS_STREAM | CMS_PARTIAL));
  CMS_SignerInfo* signer =
      CMS_add1_signer(message.get(), keys().rsa_certificate.get(), keys().rsa.get(), EVP_sha256(),
                      CMS_BINARY | CMS_NOATTR | CMS_NOCERTS | CMS_KEY_PARAM);
  REQUIRE(signer != nullptr);
  REQUIRE(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signer),
                                       RSA_PKCS1_PSS_PADDING) == 1);
  const test::Bio content(BIO_new_mem_buf("body", 4));
  REQUIRE(CMS_final(message.get(), content.get(), nullptr,
                    CMS_BINARY | CMS_DETACHED | CMS_STREAM) == 1);
  const test::Bio out(BIO_new(BIO_s_mem()));
  REQUIRE(i2d_CMS_bio(out.get(), message.get()) == 1);
  CHECK(finding(test::with_message("body", test::text_of(out.get()))) ==
        SignatureFinding::foreign_algorithm);
}

TEST_CASE("more certificates than bits are an error, and the last bit is one") {
  TrustedCertificates many;
  while (many.size() < kMostTrusted - 1) {
    many.push_back({"rsa", test::same_certificate(keys().rsa_certificate)});
  }
  many.push_back({"ec", test::same_certificate(keys().ec_certificate)});
  const std::string image = test::signed_by(body(), by_ec());
  CHECK(prove(image, many).verified == std::uint64_t{1} << 63);
  many.push_back({"ec", test::same_certificate(keys().ec_certificate)});
  CHECK_FALSE(prove_image(test::bytes_of(image), many));
}

TEST_CASE("every finding is explained, and only success in no words") {
  for (std::uint32_t number = 0; number < 12; ++number) {
    CHECK(std::string(explanation(static_cast<SignatureFinding>(number))) != "");
  }
  CHECK(std::string(explanation(SignatureFinding::verified)).empty());
}
