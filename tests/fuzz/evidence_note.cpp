// SPDX-License-Identifier: Apache-2.0
// What comes from outside as evidence: notes with checkpoints, cosignatures, keys and proofs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/evidence/cosignature.h"
#include "gate/evidence/tlog_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modgate;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const VerifierKey witness{"w", SignatureType::cosignature, {}};
  // What was taken is spelled the one way there is, and is no proof under a key of zeros.
  if (const auto note = parse_note(bytes)) {
    if (format_note(*note) != bytes) std::abort();
    if (find_cosignature(*note, witness)) std::abort();
  }
  if (const auto checkpoint = parse_signed_checkpoint(bytes)) {
    if (checkpoint_text(checkpoint->checkpoint) != checkpoint->note.text) std::abort();
  }
  if (const auto key = parse_verifier_key(bytes)) {
    if (key->text() != bytes || !parse_witness_key(bytes)) std::abort();
  }
  if (const auto proof = parse_tlog_proof(bytes)) {
    if (format_tlog_proof(*proof) != bytes) std::abort();
    if (verify_tlog_proof(*proof, {"w", SignatureType::ed25519, {}})) std::abort();
  }
  // libcrypto takes its time over a key; what does not begin as one tells nothing.
  if (bytes.starts_with("-----BEGIN ")) {
    static_cast<void>(static_cast<bool>(SigningKey::from_pem(bytes)));
  }
  return 0;
}
