// SPDX-License-Identifier: Apache-2.0
#include "gate/module/signature_trailer.h"

#include <array>
#include <string_view>

namespace modgate {
namespace {

constexpr std::string_view kMarker = "~Module signature appended~\n";

/// struct module_signature (include/linux/module_signature.h): algo, hash, id_type, signer_len,
/// key_id_len, three bytes of padding, and the message's size, big-endian.
constexpr std::size_t kTrailerBytes = 12;
constexpr std::size_t kSizeAt = 8;
constexpr std::array<std::uint8_t, kSizeAt> kPkcs7{0, 0, 2, 0, 0, 0, 0, 0};

Error broken() { return {Outcome::rejected, "the trailer of its signature is not sound"}; }

}  // namespace

bool has_signature_marker(std::span<const std::uint8_t> image) noexcept {
  return std::string_view(reinterpret_cast<const char*>(image.data()), image.size())
      .ends_with(kMarker);
}

Result<std::optional<AppendedSignature>> take_signature_off(std::span<const std::uint8_t> image) {
  if (!has_signature_marker(image)) return std::optional<AppendedSignature>();
  const auto signed_part = image.first(image.size() - kMarker.size());
  if (signed_part.size() <= kTrailerBytes) return broken();
  const auto trailer = signed_part.last(kTrailerBytes);
  for (std::size_t at = 0; at < kSizeAt; ++at) {
    if (trailer[at] != kPkcs7.at(at)) return broken();
  }
  std::size_t size = 0;
  for (const std::uint8_t byte : trailer.subspan(kSizeAt)) size = size << 8U | byte;
  const auto before = signed_part.first(signed_part.size() - kTrailerBytes);
  if (size == 0 || size >= before.size()) return broken();
  return std::optional(AppendedSignature{before.first(before.size() - size), before.last(size)});
}

}  // namespace modgate
