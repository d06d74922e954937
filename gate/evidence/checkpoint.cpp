// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "gate/evidence/base64.h"

namespace modgate {
namespace {

constexpr std::uint64_t kGreatestSize = std::numeric_limits<std::int64_t>::max();

Error malformed_checkpoint(const std::string& why) {
  return {Outcome::failed, "no checkpoint: " + why};
}

/// Takes one line, without its newline; nullopt at the end.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  const std::string_view root(reinterpret_cast<const char*>(checkpoint.root.data()),
                              checkpoint.root.size());
  return checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' + encode_base64(root) +
         '\n';
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  std::string_view origin;
  std::string_view size;
  std::string_view root;
  if (!take_line(text, origin) || !take_line(text, size) || !take_line(text, root)) {
    return malformed_checkpoint("a line is missing");
  }
  if (!text.empty()) return malformed_checkpoint("more than three lines");
  Checkpoint checkpoint;
  checkpoint.origin = origin;
  if (!is_key_name(origin)) return malformed_checkpoint("its first line names no log");
  const auto parsed = std::from_chars(size.data(), size.data() + size.size(), checkpoint.size);
  if (parsed.ec != std::errc() || parsed.ptr != size.data() + size.size() ||
      checkpoint.size > kGreatestSize || (size.size() > 1 && size.front() == '0')) {
    return malformed_checkpoint("its second line is no size");
  }
  const auto bytes = decode_base64(root);
  if (!bytes || bytes->size() != checkpoint.root.size()) {
    return malformed_checkpoint("its third line is no SHA-256 in base64");
  }
  std::transform(bytes->begin(), bytes->end(), checkpoint.root.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return checkpoint;
}

Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view bytes) {
  auto note = parse_note(bytes);
  if (!note) return note.error();
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return checkpoint.error();
  return SignedCheckpoint{std::move(*checkpoint), std::move(*note)};
}

Result<SignedCheckpoint> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key) {
  SignedCheckpoint made{checkpoint, {checkpoint_text(checkpoint), {}}};
  auto signature = sign_note(made.note.text, checkpoint.origin, key);
  if (!signature) return signature.error();
  made.note.signatures.push_back(std::move(*signature));
  return made;
}

Status verify_checkpoint(const SignedCheckpoint& signed_checkpoint, const VerifierKey& log) {
  if (signed_checkpoint.checkpoint.origin != log.name) {
    return Error{Outcome::failed, "it is a checkpoint of " + signed_checkpoint.checkpoint.origin +
                                      ", not of " + log.name};
  }
  return verify_note(signed_checkpoint.note, log);
}

}  // namespace modgate
