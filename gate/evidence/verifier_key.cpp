// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/verifier_key.h"

#include <algorithm>

#include "gate/evidence/base64.h"
#include "gate/evidence/sha256.h"

namespace modgate {
namespace {

constexpr std::size_t kIdDigits = 8;

Error malformed_key(const std::string& why) {
  return {Outcome::usage, "no verifier key (name+id+key): " + why};
}

std::string id_text(std::uint32_t id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned shift = 32; shift > 0;) {
    shift -= 4;
    text += kDigits[(id >> shift) & 0xfU];
  }
  return text;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

struct Parts {
  VerifierKey key;
  std::string_view id;
};

Result<Parts> take_apart(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed_key("a part is missing");
  Parts parts;
  parts.key.name = text.substr(0, first);
  parts.id = text.substr(first + 1, second - first - 1);
  if (!is_key_name(parts.key.name)) return malformed_key("its name cannot name a key");
  if (parts.id.size() != kIdDigits || !is_hex(parts.id)) {
    return malformed_key("its id is not 8 lower-case hexadecimal digits");
  }
  const auto material = decode_base64(text.substr(second + 1));
  if (!material || material->size() != 1 + parts.key.public_key.size()) {
    return malformed_key("its last part is not the base64 of a type and an Ed25519 key");
  }
  switch (static_cast<unsigned char>(material->front())) {
    case static_cast<unsigned char>(SignatureType::ed25519):
      parts.key.type = SignatureType::ed25519;
      break;
    case static_cast<unsigned char>(SignatureType::cosignature):
      parts.key.type = SignatureType::cosignature;
      break;
    default:
      return malformed_key("its type is neither 1 (Ed25519) nor 4 (cosignature)");
  }
  std::transform(material->begin() + 1, material->end(), parts.key.public_key.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return parts;
}

}  // namespace

bool is_key_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kKeyNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

std::uint32_t VerifierKey::id() const {
  std::string bytes = name + '\n';
  bytes += static_cast<char>(type);
  bytes.append(reinterpret_cast<const char*>(public_key.data()), public_key.size());
  const Digest digest = sha256({bytes});
  return (std::uint32_t{digest[0]} << 24U) | (std::uint32_t{digest[1]} << 16U) |
         (std::uint32_t{digest[2]} << 8U) | digest[3];
}

std::string VerifierKey::text() const {
  std::string material(1, static_cast<char>(type));
  material.append(reinterpret_cast<const char*>(public_key.data()), public_key.size());
  return name + '+' + id_text(id()) + '+' + encode_base64(material);
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  auto parts = take_apart(text);
  if (!parts) return parts.error();
  if (parts->id != id_text(parts->key.id())) {
    return malformed_key("its id is not that of its name and key, " + id_text(parts->key.id()));
  }
  return std::move(parts->key);
}

Result<VerifierKey> parse_witness_key(std::string_view text) {
  auto parts = take_apart(text);
  if (!parts) return parts.error();
  if (parts->key.type == SignatureType::cosignature) return parse_verifier_key(text);
  parts->key.type = SignatureType::cosignature;
  return std::move(parts->key);
}

}  // namespace modgate
