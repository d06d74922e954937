// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

using Certificate = CHandle<X509, X509_free>;

/// A certificate whose key may sign modules, and what rules and records call it.
struct TrustedCertificate {
  std::string name;
  Certificate certificate;
};
using TrustedCertificates = std::vector<TrustedCertificate>;

/// How many certificates can be trusted at once: each is a bit in an inspector's answer.
inline constexpr std::size_t kMostTrusted = 64;

/// A file in signers/ is at most so large.
inline constexpr std::size_t kMostCertificateBytes = std::size_t{64} * 1024;

/// The name of all keys that are built into the running kernel.
inline constexpr std::string_view kKernelSigner = "kernel";

/// What rules call the certificate in a file of this name: "lab-key" for "lab-key.pem" or
/// "lab-key.der". Nothing for any other file, for a hidden one, and for names that could not be
/// printed or told apart: letters, digits and ". _ -" only, at most 64, and never "kernel".
std::optional<std::string> signer_name(std::string_view file_name);

/// The one certificate in `bytes`, PEM or DER. Outcome::rejected, with what is wrong for people,
/// for anything more or else (a key, a chain, rubbish around the DER, a PEM block that is
/// encrypted).
Result<Certificate> parse_certificate(std::span<const std::uint8_t> bytes);

/// The certificate that is all of `der`, with a public key that can be read.
Result<Certificate> certificate_from_der(std::span<const std::uint8_t> der);

/// Whether an administrator's certificate may vouch for modules at the time `now` (seconds of the
/// Unix epoch): within its dates, RSA of 2048 bits or more or EC of 256 bits or more.
/// Outcome::rejected with what is wrong. Not for the
/// kernel's own keys: the kernel heeds no dates.
Status may_vouch(const X509* certificate, std::int64_t now);

/// The administrator's certificate in a file of the signers directory, under the name that rules
/// give it, as far as it may vouch for modules at the time `now`. Outcome::rejected with what is
/// wrong.
Result<TrustedCertificate> certificate_of_signer(std::string_view file_name,
                                                 std::string_view content, std::int64_t now);

/// Lower-case hex of the subject key identifier; empty where the certificate has none.
std::string key_identifier(const X509* certificate);

}  // namespace modgate
