// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/evidence/signing_key.h"
#include "gate/evidence/verifier_key.h"
#include "modgate/result.h"

namespace modgate {

/// Who a witness is: the key that it cosigns with, and what others verify that with (type 0x04).
struct WitnessKey {
  SigningKey signing;
  VerifierKey verifier;
};

/// Makes a new key: an Ed25519 key as PKCS #8 in PEM in `key_file` (mode 0400), its verifier key in
/// `vkey_file` (mode 0644). Neither file may be there. `name` should be a URL without its scheme.
Result<WitnessKey> make_witness_key(const std::string& name, const std::string& key_file,
                                    const std::string& vkey_file);

/// Reads what make_witness_key() made; an error where the two do not belong together.
Result<WitnessKey> read_witness_key(const std::string& key_file, const std::string& vkey_file);

}  // namespace modgate
