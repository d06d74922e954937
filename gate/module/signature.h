// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "gate/module/certificates.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// What became of the signature of a module. The numbers cross between processes.
enum class SignatureFinding : std::uint32_t {
  verified = 0x5e41,  ///< far from what a wild write leaves behind
  absent = 0,
  broken_trailer = 1,
  broken_message = 2,
  not_one_signer = 3,
  carries_certificates = 4,
  attributes = 5,
  weak_digest = 6,
  foreign_algorithm = 7,
  unknown_key = 8,
  forged = 9,
};

/// Why no trusted certificate verifies the module, for people, as in "it is not signed"; empty for
/// `verified`.
const char* explanation(SignatureFinding finding) noexcept;

/// What is proven of an image.
struct ImageProof {
  Digest sha256{};             ///< of all its bytes
  std::uint64_t verified = 0;  ///< bit i: the key of trusted[i] signed it
  SignatureFinding finding = SignatureFinding::absent;
};

/// Hashes an image and verifies the signature that is appended to it, reading the image once.
///
/// `trusted` (at most kMostTrusted, more is an error) are leaf certificates, each trusted for
/// itself: neither chains nor dates are looked at. Two may name the same issuer and serial number;
/// each is tried with its own key. Allocates a few KiB beside the image and asks nothing of the
/// kernel but memory.
Result<ImageProof> prove_image(std::span<const std::uint8_t> image,
                               std::span<const TrustedCertificate> trusted);

/// Has libcrypto do once what it sets up at first use, so that a confined process can verify. To be
/// called once before the first fork; libcrypto's configuration file is never read.
void prepare_verification();

}  // namespace modgate
