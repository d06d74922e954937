// SPDX-License-Identifier: Apache-2.0
#include "gate/module/signature.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/module/signature_trailer.h"

namespace {

using modgate::TrustedCertificates;

/// What the keys of the certificates below have signed, once, and nothing else ever.
constexpr std::string_view kBody = "the body of a module";

constexpr std::string_view kEc = R"(-----BEGIN CERTIFICATE-----
MIIBiTCCAS6gAwIBAgIUINnmfSwKytuORa3Pc2/zjLYCza0wCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZnV6eiBlYzAgFw0yNjExMjQyMDU2MTlaGA8yMTI2MTAzMTIw
NTYxOVowEjEQMA4GA1UEAwwHZnV6eiBlYzBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABCHZi23c3+pLdRAZWYZxCJuAS7CuqOXwNd9b7jqUPgQDKFcrtl46PbMbtyjp
pQqeH1FM2GUCExpu//tnt9kDj7qjYDBeMB0GA1UdDgQWBBRUXsLMZalk1x2miveQ
Gcbwuj7WkjAfBgNVHSMEGDAWgBRUXsLMZalk1x2miveQGcbwuj7WkjAPBgNVHRMB
Af8EBTADAQH/MAsGA1UdDwQEAwIHgDAKBggqhkjOPQQDAgNJADBGAiEA90wuBNSw
PWAqgtqiH1UNUgd0I/BwIPGknlnqPF/9tPYCIQDBa1bN06lA7cVRoG7gn0M5cbSj
2tTYCbBYMGss1nWCfw==
-----END CERTIFICATE-----
)";
constexpr std::string_view kRsa = R"(-----BEGIN CERTIFICATE-----
MIIDCTCCAfGgAwIBAgIUcr60x5O6C2C9qgHa/sQRjU0FEVIwDQYJKoZIhvcNAQEL
BQAwEzERMA8GA1UEAwwIZnV6eiByc2EwIBcNMjYxMTI0MjA1NjE5WhgPMjEyNjEw
MzEyMDU2MTlaMBMxETAPBgNVBAMMCGZ1enogcnNhMIIBIjANBgkqhkiG9w0BAQEF
AAOCAQ8AMIIBCgKCAQEAj+8a6Eh0ErHlRIgz+F0FgbbxEwZ7FzrExAEhaRmw1kC1
8f0nUZqmtScjjQ0AmQYHhWe560nL1O2J9Fomwr6bwNGudCNIKAt/+sz4z5cnhsm2
FohHSmmYzqDasU2lDMaebO2SZz+eHvZLvqimha68F/tF71k5CZV9MOKF227F4XzU
4Vo9zV657PB+wBwqezK8KMVmi/FaqNoN8SnOVzWKrWMnrX9irmmJKgnd03kMJgJ5
vwjd6c4mMI25v1mkIwPn1nkxplIHhfSPrPRYyvcTq0ZiHWqTaAIXkoIfyv6Rkvjv
Ayes1IOtsek3gch1zYxqLlNo63TtS7kTYx5pOet3+wIDAQABo1MwUTAdBgNVHQ4E
FgQUYRpv5IZVMW1+qPV6EsEjDO6DZscwHwYDVR0jBBgwFoAUYRpv5IZVMW1+qPV6
EsEjDO6DZscwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAMm7j
kpCerYjTIgeM3s9pgvXG8aCAtxIurxHRG1OKxcjwfxjxvKGiI132t3gqLFMHgs+7
3C7/u82LXyaMrcSKN9gcSv4pBYI8v4TDul1glHPvlVLZK0etEKZstTRrhNwxq+7Y
xlWlFSFY7+cS43h5gJ20Ri4TitD+LUU0zBrH4OuF0twNzUT2wTJu5nxY5cPmHtqM
Z1z/OlVLkA3cSdGSv3HCsMrxfYxrvoOVqMzbuFGhOxLetFze2YFaGYkjducZ7EQY
pkBh06mSBmjk+IfKTe3Dh3FoUSN62zRYhPdZvoJjr3tx6rki2gvTlvC3pBjrjwCA
UepsWnkMyukx2NFXvw==
-----END CERTIFICATE-----
)";

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TrustedCertificates trusted() {
  TrustedCertificates all;
  for (const std::string_view pem : {kEc, kRsa}) {
    auto certificate = modgate::parse_certificate(bytes_of(pem));
    if (!certificate) std::abort();
    all.push_back({"key", std::move(*certificate)});
  }
  return all;
}

/// 'M': a message over the body; else a whole image. The first byte is only that.
std::string image_of(std::string_view input) {
  const std::string_view rest = input.substr(1);
  if (input.front() != 'M') return std::string(rest);
  std::string image = std::string(kBody).append(rest);
  image += std::string("\0\0\2\0\0\0\0\0", 8);
  for (const unsigned int shift : {24U, 16U, 8U, 0U}) {
    image += static_cast<char>(rest.size() >> shift & 0xffU);
  }
  return image + "~Module signature appended~\n";
}

}  // namespace

/// Any bytes as a signature: only the one body that was signed is ever verified.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TrustedCertificates certificates = trusted();
  if (size == 0) return 0;
  const std::string image = image_of({reinterpret_cast<const char*>(data), size});
  const auto proof = modgate::prove_image(bytes_of(image), certificates);
  if (!proof) std::abort();
  if ((proof->verified != 0) != (proof->finding == modgate::SignatureFinding::verified)) {
    std::abort();
  }
  if (proof->verified == 0) return 0;
  const auto parts = modgate::take_signature_off(bytes_of(image));
  const auto body = (*parts)->body;
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (text != kBody || proof->verified > 3) std::abort();
  return 0;
}
