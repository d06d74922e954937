// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/torn_tail.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "gate/audit/chain.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/timestamp.h"

namespace modgate {
namespace {

using HashContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

Error hash_error() { return {Outcome::unavailable, "the audit log: SHA-256 cannot be computed"}; }

struct Copied {
  std::uint64_t bytes = 0;
  Digest sha256{};
};

Result<Copied> copy(int from, int to, off_t at, const std::string& name) {
  const HashContext hash(EVP_MD_CTX_new());
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) return hash_error();
  std::array<char, 65536> chunk{};
  Copied copied;
  while (true) {
    const ssize_t got = ::pread(from, chunk.data(), chunk.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return log_error(name, errno);
    if (got == 0) break;
    const auto length = static_cast<std::size_t>(got);
    if (EVP_DigestUpdate(hash.get(), chunk.data(), length) != 1) return hash_error();
    if (auto written = write_all(to, {chunk.data(), length}, name); !written) {
      return written.error();
    }
    at += got;
    copied.bytes += length;
  }
  if (EVP_DigestFinal_ex(hash.get(), copied.sha256.data(), nullptr) != 1) return hash_error();
  return copied;
}

}  // namespace

Result<std::string> set_torn_tail_aside(int directory, const std::string& segment,
                                        std::uint64_t from) {
  auto file = open_segment(directory, segment, O_RDWR);
  if (!file) return file.error();
  const std::string name = segment + ".torn-" + rfc3339_utc(realtime_ns());
  auto aside = create_log_file(directory, name);
  if (!aside) return aside.error();
  const auto start = static_cast<off_t>(from);
  auto copied = copy(file->get(), aside->get(), start, name);
  if (!copied) return copied.error();
  if (::fsync(aside->get()) != 0 || ::fsync(directory) != 0) return log_error(name, errno);
  if (::ftruncate(file->get(), start) != 0 || ::fsync(file->get()) != 0) {
    return log_error(segment, errno);
  }
  return "the last line of " + segment + " was torn: " + std::to_string(copied->bytes) +
         " bytes with SHA-256 " + digest_hex(copied->sha256) + " were moved to " + name;
}

}  // namespace modgate
