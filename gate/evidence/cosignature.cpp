// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/cosignature.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace modgate {
namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::uint64_t kGreatestTime = std::numeric_limits<std::int64_t>::max();

Error no_cosignature(const VerifierKey& key, const std::string& why) {
  return {Outcome::failed, "no cosignature of witness " + key.name + ": " + why};
}

}  // namespace

std::string cosigned_message(std::uint64_t time, std::string_view checkpoint_text) {
  std::string message = "cosignature/v1\ntime " + std::to_string(time) + '\n';
  message += checkpoint_text;
  return message;
}

Result<NoteSignature> cosign(std::string_view checkpoint_text, std::uint64_t time,
                             const std::string& witness, const SigningKey& key) {
  if (time > kGreatestTime) return Error{Outcome::usage, "no time for a cosignature"};
  auto bytes = key.sign(cosigned_message(time, checkpoint_text));
  if (!bytes) return bytes.error();
  const VerifierKey verifier{witness, SignatureType::cosignature, key.public_key()};
  NoteSignature signature{witness, verifier.id(), {}};
  for (unsigned shift = 64; shift > 0;) {
    shift -= 8;
    signature.bytes += static_cast<char>((time >> shift) & 0xffU);
  }
  signature.bytes += *bytes;
  return signature;
}

Result<std::uint64_t> verify_cosignature(std::string_view checkpoint_text,
                                         const NoteSignature& signature, const VerifierKey& key) {
  if (key.type != SignatureType::cosignature || !signature.is_of(key)) {
    return no_cosignature(key, "it is of another key");
  }
  if (signature.bytes.size() != kTimeBytes + kEd25519SignatureBytes) {
    return no_cosignature(key, "it is of another length");
  }
  std::uint64_t time = 0;
  for (std::size_t at = 0; at < kTimeBytes; ++at) {
    time = (time << 8U) | static_cast<unsigned char>(signature.bytes[at]);
  }
  if (time > kGreatestTime) return no_cosignature(key, "its time is out of range");
  if (!verifies_ed25519(key.public_key, cosigned_message(time, checkpoint_text),
                        std::string_view(signature.bytes).substr(kTimeBytes))) {
    return no_cosignature(key, "the signature is wrong");
  }
  return time;
}

Result<std::uint64_t> find_cosignature(const Note& note, const VerifierKey& key) {
  std::optional<std::uint64_t> newest;
  for (const NoteSignature& signature : note.signatures) {
    if (!signature.is_of(key)) continue;
    auto time = verify_cosignature(note.text, signature, key);
    if (!time) return time.error();
    newest = std::max(newest.value_or(0), *time);
  }
  if (!newest) return no_cosignature(key, "it bears none");
  return *newest;
}

}  // namespace modgate
