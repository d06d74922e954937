// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/witness_key.h"

#include <openssl/crypto.h>
#include <unistd.h>

#include <utility>

#include "gate/witness/small_file.h"

namespace modgate {
namespace {

constexpr std::size_t kMostVerifierKeyBytes = 1024;
constexpr unsigned kOwnerReads = 0400;
constexpr unsigned kAllRead = 0644;

}  // namespace

Result<WitnessKey> make_witness_key(const std::string& name, const std::string& key_file,
                                    const std::string& vkey_file) {
  if (!is_key_name(name)) {
    return Error{Outcome::usage,
                 "a witness's name is printable ASCII without white space and '+', such as "
                 "audit.example.org/w1"};
  }
  auto signing = SigningKey::generate();
  if (!signing) return signing.error();
  const VerifierKey verifier{name, SignatureType::cosignature, signing->public_key()};
  auto written = signing->to_pem(
      [&key_file](std::string_view pem) { return make_small_file(key_file, pem, kOwnerReads); });
  if (!written) return written.error();
  if (auto made = make_small_file(vkey_file, verifier.text() + '\n', kAllRead); !made) {
    // A key whose name nobody knows would only be in the way of the next one.
    static_cast<void>(::unlink(key_file.c_str()));
    return made.error();
  }
  return WitnessKey{std::move(*signing), verifier};
}

Result<WitnessKey> read_witness_key(const std::string& key_file, const std::string& vkey_file) {
  auto pem = read_small_file(key_file, kSigningKeyBytes);
  if (!pem) {
    return Error{Outcome::unavailable,
                 pem.error().message + "; make a key with: modgate-witness --make-key NAME",
                 pem.error().code};
  }
  auto signing = SigningKey::from_pem(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!signing) return Error{Outcome::unavailable, key_file + ": " + signing.error().message};
  auto text = read_small_file(vkey_file, kMostVerifierKeyBytes);
  if (!text) return text.error();
  if (text->ends_with('\n')) text->pop_back();
  auto verifier = parse_verifier_key(*text);
  if (!verifier) return Error{Outcome::unavailable, vkey_file + ": " + verifier.error().message};
  if (verifier->type != SignatureType::cosignature ||
      verifier->public_key != signing->public_key()) {
    return Error{Outcome::unavailable, vkey_file + " is not the verifier key of " + key_file};
  }
  return WitnessKey{std::move(*signing), std::move(*verifier)};
}

}  // namespace modgate
