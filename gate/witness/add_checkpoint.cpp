// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/add_checkpoint.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "gate/evidence/base64.h"

namespace modgate {
namespace {

constexpr std::string_view kOld = "old ";
constexpr std::uint64_t kGreatestSize = std::numeric_limits<std::int64_t>::max();

Error malformed_request(const std::string& why) { return {Outcome::usage, why}; }

std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_old_size(std::string_view line) {
  if (!line.starts_with(kOld)) return std::nullopt;
  line.remove_prefix(kOld.size());
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), size);
  if (parsed.ec != std::errc() || parsed.ptr != line.data() + line.size() || size > kGreatestSize ||
      (line.size() > 1 && line.front() == '0')) {
    return std::nullopt;
  }
  return size;
}

std::optional<Digest> parse_hash(std::string_view line) {
  Digest hash;
  const auto bytes = decode_base64(line);
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::transform(bytes->begin(), bytes->end(), hash.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return hash;
}

}  // namespace

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  AddCheckpoint request;
  const auto first = take_line(body);
  const auto old_size = first ? parse_old_size(*first) : std::nullopt;
  if (!old_size) return malformed_request("the first line must be 'old SIZE'");
  request.old_size = *old_size;
  for (;;) {
    const auto line = take_line(body);
    if (!line) return malformed_request("an empty line must follow the proof");
    if (line->empty()) break;
    if (request.proof.size() == AddCheckpoint::kMostProofLines) {
      return malformed_request("a proof has at most 63 lines");
    }
    const auto hash = parse_hash(*line);
    if (!hash) return malformed_request("a line of the proof is no SHA-256 in base64");
    request.proof.push_back(*hash);
  }
  auto checkpoint = parse_signed_checkpoint(body);
  if (!checkpoint) return malformed_request(checkpoint.error().message);
  request.checkpoint = std::move(*checkpoint);
  return request;
}

}  // namespace modgate
