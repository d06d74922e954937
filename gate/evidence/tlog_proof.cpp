// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/tlog_proof.h"

#include <algorithm>
#include <charconv>

#include "gate/evidence/base64.h"

namespace modgate {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Error malformed_proof(const std::string& why) {
  return {Outcome::failed, "no proof of a record (tlog-proof): " + why};
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

bool parse_index(std::string_view text, std::uint64_t& index) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, index);
  return parsed.ec == std::errc() && parsed.ptr == end && (text.size() == 1 || text[0] != '0');
}

}  // namespace

std::string format_tlog_proof(const TlogProof& proof) {
  std::string text = std::string(kFirstLine) + '\n';
  text += std::string(kExtra) + encode_base64(proof.line) + '\n';
  text += std::string(kIndex) + std::to_string(proof.index) + '\n';
  for (const Digest& hash : proof.path) {
    text += encode_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '\n';
  }
  return text + '\n' + format_note(proof.checkpoint.note);
}

Result<TlogProof> parse_tlog_proof(std::string_view bytes) {
  if (bytes.size() > kTlogProofBytes) return malformed_proof("longer than any");
  if (take_line(bytes) != kFirstLine) return malformed_proof("it does not begin as one");
  TlogProof proof;
  std::string_view line = take_line(bytes);
  if (!line.starts_with(kExtra)) return malformed_proof("it does not hold the record's line");
  auto record = decode_base64(line.substr(kExtra.size()));
  if (!record) return malformed_proof("the record's line is no base64");
  proof.line = std::move(*record);
  line = take_line(bytes);
  if (!line.starts_with(kIndex) || !parse_index(line.substr(kIndex.size()), proof.index)) {
    return malformed_proof("it does not say which record");
  }
  for (line = take_line(bytes); !line.empty(); line = take_line(bytes)) {
    if (proof.path.size() == kMostProofHashes) return malformed_proof("too many hashes");
    const auto hash = decode_base64(line);
    Digest digest{};
    if (!hash || hash->size() != digest.size()) return malformed_proof("a hash is none");
    std::transform(hash->begin(), hash->end(), digest.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    proof.path.push_back(digest);
  }
  auto checkpoint = parse_signed_checkpoint(bytes);
  if (!checkpoint) return checkpoint.error();
  proof.checkpoint = std::move(*checkpoint);
  return proof;
}

Status verify_tlog_proof(const TlogProof& proof, const VerifierKey& log) {
  if (auto verified = verify_checkpoint(proof.checkpoint, log); !verified) return verified;
  const Checkpoint& checkpoint = proof.checkpoint.checkpoint;
  if (!proves_inclusion(proof.path, proof.index, checkpoint.size, leaf_hash(proof.line),
                        checkpoint.root)) {
    return Error{Outcome::failed, "the record is not number " + std::to_string(proof.index + 1) +
                                      " of the log under its checkpoint"};
  }
  return Done{};
}

}  // namespace modgate
