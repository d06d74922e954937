// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "modgate/result.h"

namespace modgate {

/// What scripts/sign-file appended to a module, taken apart.
struct AppendedSignature {
  std::span<const std::uint8_t> body;     ///< what is signed: all that stands before the message
  std::span<const std::uint8_t> message;  ///< PKCS#7 in DER, not looked at yet; never empty
};

/// Whether `image` ends with the kernel's marker. It proves nothing.
bool has_signature_marker(std::span<const std::uint8_t> image) noexcept;

/// Takes off the last signature, as the kernel does (kernel/module/signing.c: mod_verify_sig,
/// kernel/module_signature.c: mod_check_sig). Nothing where there is no marker; Outcome::rejected
/// where the trailer before the marker is not one that the kernel takes.
Result<std::optional<AppendedSignature>> take_signature_off(std::span<const std::uint8_t> image);

}  // namespace modgate
