// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/evidence/signing_key.h"
#include "modgate/result.h"

namespace modgate {

/// Reads the log's signing key: a regular file of this process's own uid that nobody else may read
/// or write, with the key that `verifier` verifies. Outcome::unavailable for anything else.
Result<SigningKey> read_log_key(const std::string& path, const VerifierKey& verifier);

}  // namespace modgate
