// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/signing_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace modgate {
namespace {

using Bio = CHandle<BIO, BIO_free>;
using PublicKeyHandle = CHandle<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

Error key_error(const std::string& what) { return {Outcome::unavailable, "signing key: " + what}; }

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

extern "C" int no_passphrase(char* /*buffer*/, int /*size*/, int /*for_writing*/, void* /*data*/) {
  return -1;
}

}  // namespace

Result<SigningKey> SigningKey::with(Handle handle) {
  SigningKey key(std::move(handle));
  std::size_t length = key.public_key_.size();
  if (EVP_PKEY_get_raw_public_key(key.handle_.get(), key.public_key_.data(), &length) != 1 ||
      length != key.public_key_.size()) {
    return key_error("it has no public key");
  }
  return key;
}

Result<SigningKey> SigningKey::generate() {
  Handle handle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!handle) return key_error("libcrypto cannot make one");
  return with(std::move(handle));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  if (pem.size() > kSigningKeyBytes) return key_error("longer than any key");
  const Bio input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Handle handle(input ? PEM_read_bio_PrivateKey(input.get(), nullptr, no_passphrase, nullptr)
                      : nullptr);
  ERR_clear_error();
  if (!handle || EVP_PKEY_is_a(handle.get(), "ED25519") != 1) {
    return key_error("no Ed25519 key in PEM (PKCS #8, without a passphrase)");
  }
  return with(std::move(handle));
}

Status SigningKey::to_pem(const std::function<Status(std::string_view)>& write) const {
  // Such a buffer is wiped when it is freed.
  const Bio output(BIO_new(BIO_s_secmem()));
  if (!output || PEM_write_bio_PKCS8PrivateKey(output.get(), handle_.get(), nullptr, nullptr, 0,
                                               nullptr, nullptr) != 1) {
    return key_error("libcrypto cannot write it");
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(output.get(), &text);
  if (length <= 0 || text == nullptr) return key_error("libcrypto wrote nothing");
  return write(std::string_view(text, static_cast<std::size_t>(length)));
}

Result<std::string> SigningKey::sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kEd25519SignatureBytes, '\0');
  std::size_t length = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     bytes_of(message), message.size()) != 1 ||
      length != signature.size()) {
    return key_error("libcrypto cannot sign with it");
  }
  return signature;
}

bool verifies_ed25519(const Ed25519PublicKey& key, std::string_view message,
                      std::string_view signature) {
  if (signature.size() != kEd25519SignatureBytes) return false;
  const PublicKeyHandle handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  const bool verified =
      handle && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace modgate
