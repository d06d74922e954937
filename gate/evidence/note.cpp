// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/note.h"

#include <algorithm>

#include "gate/evidence/base64.h"

namespace modgate {
namespace {

constexpr std::string_view kDash = "\u2014 ";
constexpr std::size_t kIdBytes = 4;

Error malformed_note(const std::string& why) { return {Outcome::failed, "no signed note: " + why}; }

bool is_note_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || (c >= ' ' && c < '\x7f'); });
}

}  // namespace

bool NoteSignature::is_of(const VerifierKey& key) const {
  return name == key.name && key_id == key.id();
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(kDash)) return malformed_note("a signature begins with an em dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed_note("a signature lacks a part");
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!is_key_name(signature.name)) return malformed_note("a signature bears no name of a key");
  const std::string_view spelled = line.substr(space + 1);
  if (spelled.size() > kNoteSignatureBytes) return malformed_note("a signature is too long");
  const auto bytes = decode_base64(spelled);
  if (!bytes || bytes->size() <= kIdBytes) return malformed_note("a signature is no base64");
  for (std::size_t at = 0; at < kIdBytes; ++at) {
    signature.key_id = (signature.key_id << 8U) | static_cast<unsigned char>((*bytes)[at]);
  }
  signature.bytes = bytes->substr(kIdBytes);
  return signature;
}

std::string format_signature(const NoteSignature& signature) {
  std::string bytes;
  for (unsigned shift = 32; shift > 0;) {
    shift -= 8;
    bytes += static_cast<char>((signature.key_id >> shift) & 0xffU);
  }
  bytes += signature.bytes;
  return std::string(kDash) + signature.name + ' ' + encode_base64(bytes) + '\n';
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kNoteBytes) return malformed_note("longer than any");
  // The text may hold empty lines; the last one parts it from the signatures.
  const std::size_t parting = bytes.rfind("\n\n");
  if (parting == std::string_view::npos) return malformed_note("no line parts the signatures");
  Note note;
  note.text = bytes.substr(0, parting + 1);
  if (!is_note_text(note.text)) return malformed_note("its text holds other than printable ASCII");
  std::string_view rest = bytes.substr(parting + 2);
  if (rest.empty() || !rest.ends_with('\n')) return malformed_note("no signature, or half of one");
  while (!rest.empty()) {
    if (note.signatures.size() == kNoteSignatures) return malformed_note("too many signatures");
    const std::size_t end = rest.find('\n');
    auto signature = parse_signature(rest.substr(0, end));
    if (!signature) return signature.error();
    note.signatures.push_back(std::move(*signature));
    rest.remove_prefix(end + 1);
  }
  return note;
}

std::string format_note(const Note& note) {
  std::string bytes = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) bytes += format_signature(signature);
  return bytes;
}

Result<NoteSignature> sign_note(std::string_view text, const std::string& name,
                                const SigningKey& key) {
  auto bytes = key.sign(text);
  if (!bytes) return bytes.error();
  const VerifierKey verifier{name, SignatureType::ed25519, key.public_key()};
  return NoteSignature{name, verifier.id(), std::move(*bytes)};
}

Status verify_note(const Note& note, const VerifierKey& key) {
  if (key.type != SignatureType::ed25519) {
    return Error{Outcome::failed, "the key of " + key.name + " is a witness's, not a signer's"};
  }
  bool verified = false;
  for (const NoteSignature& signature : note.signatures) {
    if (!signature.is_of(key)) continue;
    if (!verifies_ed25519(key.public_key, note.text, signature.bytes)) {
      return Error{Outcome::failed, "the signature of " + key.name + " is wrong"};
    }
    verified = true;
  }
  if (!verified) return Error{Outcome::failed, "it bears no signature of " + key.text()};
  return Done{};
}

}  // namespace modgate
