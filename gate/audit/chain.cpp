// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/chain.h"

#include "gate/evidence/sha256.h"

namespace modgate {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string chain_hash(std::string_view line) { return digest_hex(sha256({line})); }

std::optional<Digest> parse_digest(std::string_view text) noexcept {
  Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t found = kHexDigits.find(text[at]);
    if (found == std::string_view::npos) return std::nullopt;
    const auto value = static_cast<unsigned>(found);
    digest[at / 2] = static_cast<std::uint8_t>(digest[at / 2] * 16U + value);
  }
  return digest;
}

}  // namespace modgate
