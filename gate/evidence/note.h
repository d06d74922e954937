// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/evidence/signing_key.h"
#include "gate/evidence/verifier_key.h"
#include "modgate/result.h"

namespace modgate {

/// Signed notes (https://c2sp.org/signed-note): a text, an empty line, and one line for each
/// signature. Text and names of keys are printable ASCII here, which all that Modgate exchanges is.

inline constexpr std::size_t kNoteBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kNoteSignatures = 32;
inline constexpr std::size_t kNoteSignatureBytes = std::size_t{8} * 1024;

struct NoteSignature {
  std::string name;          ///< of the key
  std::uint32_t key_id = 0;  ///< that the signature claims
  std::string bytes;         ///< what follows the id

  /// Whether it claims to be of this key.
  [[nodiscard]] bool is_of(const VerifierKey& key) const;
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  ///< ends with a newline; of no worth until a signature has been verified
  std::vector<NoteSignature> signatures;  ///< at least one
};

/// Reads a note, strictly. Outcome::failed for anything else, saying what is wrong.
Result<Note> parse_note(std::string_view bytes);

/// One line of a note, with its newline: "— NAME BASE64".
std::string format_signature(const NoteSignature& signature);
/// Reads one such line, with or without its newline.
Result<NoteSignature> parse_signature(std::string_view line);

/// The note as parse_note() reads it.
std::string format_note(const Note& note);

/// Signs `text` as `name` (type 0x01).
Result<NoteSignature> sign_note(std::string_view text, const std::string& name,
                                const SigningKey& key);

/// That the note bears at least one signature of `key` (type 0x01), and none of it that is wrong.
/// Signatures of other keys are passed over. Outcome::failed otherwise.
Status verify_note(const Note& note, const VerifierKey& key);

}  // namespace modgate
