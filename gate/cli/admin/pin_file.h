// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/cli/admin/pin_rule.h"
#include "gate/module/certificates.h"
#include "modgate/result.h"

namespace modgate {

/// Whose signatures can be told without privileges.
struct KnownSigners {
  TrustedCertificates certificates;
  bool kernel_unlisted = false;  ///< see Pin
};

/// The administrator's certificates in `directory`, and the keys in the running kernel's image as
/// far as it can be read and only root can have written it. What cannot be read vouches for
/// nothing; `now` is in seconds of the Unix epoch.
KnownSigners known_signers(const std::string& directory, std::int64_t now);

/// Examines a module's file as the helper would if it were handed over: read once, with the rights
/// of this process, unpacked within limits into a sealed image, which is what is examined and
/// hashed. Outcome::failed where the file is missing or may not be read, Outcome::rejected for what
/// is no sound module, also where the file is not called as the module.
Result<Pin> pin_file(const std::string& path, const KnownSigners& signers);

}  // namespace modgate
