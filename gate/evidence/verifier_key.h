// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

using Ed25519PublicKey = std::array<std::uint8_t, 32>;

/// The type byte of a note's signature (C2SP signed-note, "Signature types").
enum class SignatureType : std::uint8_t {
  ed25519 = 0x01,      ///< over the note's text
  cosignature = 0x04,  ///< timestamped, by a witness (C2SP tlog-cosignature)
};

inline constexpr std::size_t kKeyNameBytes = 255;  ///< longest name of a key

/// Whether `name` can name a key: printable ASCII without white space and '+', at most
/// kKeyNameBytes. (The specification lets names be any Unicode; it recommends URLs without scheme.)
bool is_key_name(std::string_view name) noexcept;

/// A key that signatures of notes are verified with.
struct VerifierKey {
  std::string name;
  SignatureType type = SignatureType::ed25519;
  Ed25519PublicKey public_key{};

  /// First four bytes, big-endian, of SHA-256(name || 0x0A || type || public key). It tells keys
  /// apart; it is no proof of anything.
  [[nodiscard]] std::uint32_t id() const;
  /// `name+hex(id)+base64(type || public key)`, as parse_verifier_key() takes it.
  [[nodiscard]] std::string text() const;

  bool operator==(const VerifierKey&) const = default;
};

/// Reads `name+hex(id)+base64(type || public key)`, strictly: only the two types above, and the id
/// must be that of the name and the key. A newline at the end is no part of it.
Result<VerifierKey> parse_verifier_key(std::string_view text);

/// Reads the key of a witness: one of type 0x04, or one of type 0x01 whose public key makes
/// cosignatures, which is how some witnesses publish theirs. An id of type 0x01 is not what a
/// cosignature bears, and not looked at. Always returns one of type 0x04.
Result<VerifierKey> parse_witness_key(std::string_view text);

}  // namespace modgate
