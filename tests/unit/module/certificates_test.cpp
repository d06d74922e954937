// SPDX-License-Identifier: Apache-2.0
#include "gate/module/certificates.h"

#include <ctime>

#include "catch.h"
#include "unit/module/signing.h"

using namespace modgate;

namespace {

std::string trouble_with(const std::string& bytes) {
  const auto parsed = parse_certificate(test::bytes_of(bytes));
  if (parsed) return "";
  CHECK(parsed.error().outcome == Outcome::rejected);
  return parsed.error().message;
}

std::string trouble_vouching(EVP_PKEY* key, const test::CertificateOptions& options = {}) {
  const Certificate certificate = test::make_certificate(key, options);
  const Status vouches = may_vouch(certificate.get(), std::time(nullptr));
  return vouches ? "" : vouches.error().message;
}

}  // namespace

TEST_CASE("a signer is called as its file is, without the ending") {
  CHECK(signer_name("lab-key.pem") == "lab-key");
  CHECK(signer_name("Lab_Key.2.der") == "Lab_Key.2");
  CHECK(signer_name(std::string(64, 'a') + ".pem") == std::string(64, 'a'));
  for (const std::string& other :
       {std::string("lab-key"), std::string("lab-key.crt"), std::string("lab-key.PEM"),
        std::string(".pem"), std::string(".hidden.pem"), std::string("kernel.pem"),
        std::string("kernel.der"), std::string("lab key.pem"), std::string("lab\nkey.pem"),
        std::string("l\xc3\xa4-b.pem"), std::string(65, 'a') + ".pem", std::string("a/b.pem"),
        std::string("readme.txt"), std::string("lab-key.pem~")}) {
    INFO(other);
    CHECK_FALSE(signer_name(other));
  }
}

TEST_CASE("one certificate is read from PEM and from DER") {
  const test::Key key = test::ec_key("P-256");
  const Certificate certificate = test::make_certificate(key.get());
  for (const std::string& bytes :
       {test::der_of(certificate), test::pem_of(certificate),
        "subject=what openssl writes above it\n\n" + test::pem_of(certificate) + "\n"}) {
    const auto parsed = parse_certificate(test::bytes_of(bytes));
    REQUIRE(parsed);
    CHECK(X509_cmp(parsed->get(), certificate.get()) == 0);
    CHECK(key_identifier(parsed->get()).size() == 40);
  }
}

TEST_CASE("anything but one certificate is refused and named") {
  const test::Key key = test::ec_key("P-256");
  const Certificate certificate = test::make_certificate(key.get());
  const std::string der = test::der_of(certificate);
  const std::string pem = test::pem_of(certificate);
  const test::Bio out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  const std::string private_key = test::text_of(out.get());
  const auto says = [](const std::string& bytes, const std::string& what) {
    INFO(what);
    CHECK(trouble_with(bytes).find(what) != std::string::npos);
  };
  says("", "empty");
  says("hello", "neither");
  says("-----BEGIN CERTIFICATE-----\nhello\n", "neither");
  says(pem + pem, "more than one");
  says(pem + private_key, "more than one");
  says(private_key, "PRIVATE KEY");
  says(der + 'x', "follows");
  says(der + der, "follows");
  says(der.substr(0, der.size() - 1), "no X.509");
  says(std::string(kMostCertificateBytes + 1, ' '), "larger");
  std::string headed = pem;
  headed.insert(headed.find('\n') + 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n");
  says(headed, "encrypted");
  std::string trusted = pem;
  for (auto at = trusted.find(" CERT"); at != std::string::npos; at = trusted.find(" CERT", at + 9))
    trusted.replace(at, 5, " TRUSTED CERT");
  says(trusted, "TRUSTED CERTIFICATE");
  for (std::size_t size = 0; size < der.size(); ++size) {
    if (trouble_with(der.substr(0, size)).empty()) FAIL("accepted " << size << " bytes");
  }
}

TEST_CASE("a certificate vouches only within its dates") {
  const test::Key key = test::ec_key("P-256");
  CHECK(trouble_vouching(key.get()).empty());
  CHECK(trouble_vouching(key.get(), {"x", 1, -7200, -3600}) == "it has expired");
  CHECK(trouble_vouching(key.get(), {"x", 1, 3600, 7200}) == "it is not valid yet");
  const Certificate certificate = test::make_certificate(key.get());
  const std::int64_t now = std::time(nullptr);
  CHECK_FALSE(may_vouch(certificate.get(), now - 7200));
  CHECK_FALSE(may_vouch(certificate.get(), now + 7200));
  CHECK_FALSE(may_vouch(certificate.get(), 0));
}

TEST_CASE("a weak key vouches for nothing") {
  CHECK(trouble_vouching(test::rsa_key(2048).get()).empty());
  CHECK(trouble_vouching(test::ec_key("P-384").get()).empty());
  CHECK(trouble_vouching(test::rsa_key(1024).get()).find("RSA") != std::string::npos);
  CHECK(trouble_vouching(test::rsa_key(2047).get()).find("RSA") != std::string::npos);
  CHECK(trouble_vouching(test::ec_key("P-224").get()).find("EC") != std::string::npos);
}

TEST_CASE("a key of another kind vouches for nothing") {
  const test::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  // An Ed25519 certificate is signed without a digest; only its key matters here.
  const Certificate certificate = test::make_certificate(test::ec_key("P-256").get());
  REQUIRE(X509_set_pubkey(certificate.get(), key.get()) == 1);
  const Status vouches = may_vouch(certificate.get(), std::time(nullptr));
  REQUIRE_FALSE(vouches);
  CHECK(vouches.error().message.find("neither RSA nor EC") != std::string::npos);
}

TEST_CASE("a certificate without a key identifier has none") {
  const test::Key key = test::ec_key("P-256");
  CHECK(key_identifier(test::make_certificate(key.get(), {"x", 1, -3600, 3600, false}).get())
            .empty());
}
