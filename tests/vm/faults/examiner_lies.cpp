// SPDX-License-Identifier: Apache-2.0
#include "examiner_lies.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "gate/module/mapped_image.h"
#include "gate/module/signature.h"

namespace {

using modgate::InspectAnswer;
using modgate::MappedImage;

std::string_view text_of(const MappedImage& image) {
  return {reinterpret_cast<const char*>(image.bytes().data()), image.bytes().size()};
}

/// What stands behind the marker, as far as there is anything.
std::string_view behind(std::string_view marker, std::string_view text) {
  const std::size_t at = text.find(marker);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + marker.size());
}

std::optional<std::string_view> after(std::string_view word, std::string_view text) {
  if (!text.starts_with(word)) return std::nullopt;
  return text.substr(word.size());
}

modgate::Digest digest_in(std::string_view hex) {
  modgate::Digest digest{};
  for (std::size_t at = 0; at < digest.size() && 2 * at + 2 <= hex.size(); ++at) {
    static_cast<void>(std::from_chars(&hex[2 * at], &hex[2 * at] + 2, digest[at], 16));
  }
  return digest;
}

/// As if it were the module that was asked for, whatever it is.
InspectAnswer vouch_for(const MappedImage& image, const modgate::InspectOrder& order) {
  InspectAnswer answer;
  const auto proof = modgate::prove_image(image.bytes(), {});
  if (!proof) return answer;
  answer.sound = 1;
  answer.size = image.bytes().size();
  answer.sha256 = proof->sha256;
  std::copy(order.name.begin(), order.name.end(), answer.name.begin());
  return answer;
}

void sign(InspectAnswer& answer) {
  answer.signers = 1;
  answer.signature = modgate::SignatureFinding::verified;
  answer.appended_signature = 1;
}

}  // namespace

InspectAnswer lie_about(int image, const modgate::InspectOrder& order,
                        const InspectAnswer& truth) noexcept {
  static std::optional<modgate::Digest> of_others;
  InspectAnswer answer = truth;
  if (of_others) answer.sha256 = *of_others;
  const auto mapped = MappedImage::map(image);
  if (!mapped) return answer;
  const std::string_view lie = behind("modgate-test-lie=", text_of(*mapped));
  if (const auto hex = after("digest:", lie)) answer.sha256 = digest_in(*hex);
  if (const auto hex = after("others:", lie)) of_others = digest_in(*hex);
  if (lie.starts_with("name")) answer = vouch_for(*mapped, order);
  if (lie.starts_with("signer")) sign(answer);
  return answer;
}
