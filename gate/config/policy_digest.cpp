// SPDX-License-Identifier: Apache-2.0
#include "gate/config/policy_digest.h"

#include <openssl/sha.h>

#include "modgate/plan.h"

namespace modgate {

std::string policy_digest(const std::vector<PolicyFile>& files,
                          const std::vector<PolicyFile>& named) {
  std::string all;
  for (const std::vector<PolicyFile>* some : {&files, &named}) {
    for (const PolicyFile& file : *some) {
      // Lengths keep a byte from moving between two files unseen.
      all += file.path + '\n' + std::to_string(file.text.size()) + '\n' + file.text;
    }
  }
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  return digest_hex(digest);
}

}  // namespace modgate
