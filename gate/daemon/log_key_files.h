// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/confine/house.h"
#include "gate/evidence/verifier_key.h"
#include "modgate/result.h"

namespace modgate {

/// Where the two halves of the log's key are.
struct LogKeyFiles {
  std::string key = "/var/lib/modgate/log.key";  ///< modgate-audit's, 0400
  std::string vkey = "/etc/modgate/log.vkey";    ///< root's, 0644: one line

  /// A copy of the verification key beside the key: what the helper itself goes by, whatever
  /// becomes of the configuration.
  [[nodiscard]] std::string copy() const { return key + ".pub"; }
};

/// Makes both files where neither is there: a new Ed25519 key, and a name for the log that no other
/// has, "HOST/modgate/8 hexadecimal digits". A verification key that is missing is brought back
/// from its copy. Never overwrites anything: a missing key, and files that others could have
/// written or could read the key of, are errors (Outcome::unavailable) that say what to do. For
/// root.
Status make_log_key(const LogKeyFiles& files, const Account& audit);

/// The log's name and verification key, from the copy beside its key. Outcome::unavailable for a
/// file that neither root nor the key's owner has made, or that holds none.
Result<VerifierKey> read_log_verifier(const LogKeyFiles& files, const Account& audit);

}  // namespace modgate
