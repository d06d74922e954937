// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/trust.h"

#include <openssl/x509.h>

#include <algorithm>
#include <utility>

#include "gate/config/signer_files.h"

namespace modgate {
namespace {

Result<TrustedCertificate> certificate_in(const SignerFile& file, std::int64_t now) {
  if (!file.content) return file.content.error();
  return certificate_of_signer(file.name, *file.content, now);
}

/// Another owner of the same certificate.
bool share(const TrustedCertificate& certificate, TrustedCertificates& into) {
  if (X509_up_ref(certificate.certificate.get()) != 1) return false;
  into.push_back({certificate.name, Certificate(certificate.certificate.get())});
  return true;
}

}  // namespace

Trust read_trust(const std::string& signers_directory, const TrustedCertificates& of_kernel,
                 std::int64_t now) {
  Trust trust;
  for (const TrustedCertificate& certificate : of_kernel) {
    if (!share(certificate, trust.certificates)) {
      trust.problems.emplace_back("a key of the kernel cannot be kept");
    }
  }
  auto files = read_signer_files(signers_directory, kMostCertificateBytes);
  if (!files) {
    trust.problems.push_back(files.error().message);
    return trust;
  }
  for (const SignerFile& file : *files) {
    auto certificate = certificate_in(file, now);
    if (certificate && trust.certificates.size() >= kMostTrusted) {
      certificate = Error{Outcome::rejected, "more certificates are trusted than can be tried"};
    }
    if (certificate) {
      trust.certificates.push_back(std::move(*certificate));
    } else {
      trust.problems.push_back(signers_directory + '/' + file.name + ": " +
                               certificate.error().message);
    }
  }
  return trust;
}

std::vector<std::string> lost_signers(const TrustedCertificates& before,
                                      const TrustedCertificates& now) {
  std::vector<std::string> lost;
  for (const TrustedCertificate& old : before) {
    const bool kept = std::any_of(now.begin(), now.end(), [&old](const TrustedCertificate& other) {
      return other.name == old.name &&
             X509_cmp(other.certificate.get(), old.certificate.get()) == 0;
    });
    if (!kept) lost.push_back(old.name);
  }
  return lost;
}

}  // namespace modgate
