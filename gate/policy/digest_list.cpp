// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/digest_list.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace modgate {
namespace {

std::optional<std::uint8_t> hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return static_cast<std::uint8_t>(byte - '0');
  if (byte >= 'a' && byte <= 'f') return static_cast<std::uint8_t>(byte - 'a' + 10);
  if (byte >= 'A' && byte <= 'F') return static_cast<std::uint8_t>(byte - 'A' + 10);
  return std::nullopt;
}

}  // namespace

DigestList::DigestList(std::vector<Digest> digests) : digests_(std::move(digests)) {
  std::sort(digests_.begin(), digests_.end());
  digests_.erase(std::unique(digests_.begin(), digests_.end()), digests_.end());
  digests_.shrink_to_fit();
}

bool DigestList::contains(const Digest& digest) const {
  return std::binary_search(digests_.begin(), digests_.end(), digest);
}

bool DigestList::contains_all_of(const DigestList& other) const {
  return std::includes(digests_.begin(), digests_.end(), other.digests_.begin(),
                       other.digests_.end());
}

std::optional<Digest> digest_of_hex(std::string_view text) {
  Digest digest = {};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t at = 0; at < digest.size(); ++at) {
    const auto high = hex_digit(text[2 * at]);
    const auto low = hex_digit(text[2 * at + 1]);
    if (!high || !low) return std::nullopt;
    digest[at] = static_cast<std::uint8_t>(*high * 16U + *low);
  }
  return digest;
}

}  // namespace modgate
