// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate/evidence/note.h"

namespace modgate {

/// The word of a witness that it saw a checkpoint, and that it is consistent with all that it saw
/// of that log before (https://c2sp.org/tlog-cosignature, Ed25519).

/// What a witness signs: "cosignature/v1", "time SECONDS", and the text of the checkpoint's note.
std::string cosigned_message(std::uint64_t time, std::string_view checkpoint_text);

/// A witness's signature line for a checkpoint; `time` in seconds since the epoch.
Result<NoteSignature> cosign(std::string_view checkpoint_text, std::uint64_t time,
                             const std::string& witness, const SigningKey& key);

/// The time that the witness of `key` (type 0x04) put under its signature of the text. Outcome::
/// failed where the signature is not of this key, or wrong.
Result<std::uint64_t> verify_cosignature(std::string_view checkpoint_text,
                                         const NoteSignature& signature, const VerifierKey& key);

/// The newest right cosignature of the witness on the note. Outcome::failed where there is none, or
/// one of its signatures is wrong.
Result<std::uint64_t> find_cosignature(const Note& note, const VerifierKey& key);

}  // namespace modgate
