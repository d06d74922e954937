// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_keys.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <utility>

namespace modgate {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// A start of a certificate that turns out to be none costs time; a kernel holds hardly any.
constexpr std::size_t kMostAttempts = 4096;
constexpr std::size_t kFewestBytes = 128;

Error no_kernel_keys(std::string what) { return {Outcome::rejected, std::move(what)}; }

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// linux_banner (init/version.c): release, who built it with what, and the version at its end. It
/// stands there more than once, and not always with the build's number.
bool is_build(Bytes kernel, const KernelBuild& build) {
  if (build.release.empty() || build.version.empty()) return false;
  const std::string_view text = text_of(kernel);
  const std::string begin = "Linux version " + build.release + " (";
  const std::string end = ") " + build.version;
  for (std::size_t at = text.find(begin); at != std::string_view::npos;
       at = text.find(begin, at + begin.size())) {
    constexpr std::size_t kMostBanner = 1024;
    const std::string_view banner = text.substr(at, kMostBanner);
    if (banner.substr(0, banner.find('\n')).ends_with(end)) return true;
  }
  return false;
}

/// The bytes at the start of `bytes` that may be a certificate: a SEQUENCE with a size of two
/// bytes, in it one with a size of one or two, in it `[0] { INTEGER 2 }`: version 3. Empty where
/// that does not stand there.
Bytes candidate_at(Bytes bytes) {
  constexpr std::array<std::uint8_t, 5> kVersion3{0xa0, 0x03, 0x02, 0x01, 0x02};
  constexpr std::size_t kOuter = 4;
  if (bytes.size() < kFewestBytes || bytes[1] != 0x82 || bytes[kOuter] != 0x30) return {};
  const std::size_t inner = bytes[kOuter + 1] == 0x82 ? 4 : bytes[kOuter + 1] == 0x81 ? 3 : 0;
  const std::size_t size = kOuter + (std::size_t{bytes[2]} << 8U | bytes[3]);
  if (inner == 0 || size < kFewestBytes || size > kMostKernelCertificateBytes ||
      size > bytes.size()) {
    return {};
  }
  const Bytes version = bytes.subspan(kOuter + inner, kVersion3.size());
  if (!std::equal(version.begin(), version.end(), kVersion3.begin())) return {};
  return bytes.first(size);
}

bool encodes_to(X509* certificate, Bytes der) {
  // Not what was kept of the input, but what its fields say.
  if (i2d_re_X509_tbs(certificate, nullptr) <= 0) return false;
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) != der.size()) return false;
  std::vector<std::uint8_t> encoded(der.size());
  unsigned char* out = encoded.data();
  return i2d_X509(certificate, &out) == size &&
         std::equal(encoded.begin(), encoded.end(), der.begin());
}

bool is_self_consistent(Bytes der) {
  const auto certificate = certificate_from_der(der);
  if (!certificate) return false;
  X509* x509 = certificate->get();
  const bool self_issued =
      X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
  const bool consistent = encodes_to(x509, der) && !key_identifier(x509).empty() &&
                          (!self_issued || X509_verify(x509, X509_get0_pubkey(x509)) == 1);
  ERR_clear_error();
  return consistent;
}

/// The identifier in one line of /proc/keys (security/keys/proc.c), empty for what is no key of the
/// kernel's own: "ID FLAGS USAGE EXPIRY PERM UID GID asymmetri SUBJECT: SKID: X509.rsa SHORT []".
std::string_view identifier_in(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string id;
  std::string flags;
  std::string usage;
  std::string expiry;
  std::string perm;
  std::string uid;
  std::string gid;
  std::string type;
  words >> id >> flags >> usage >> expiry >> perm >> uid >> gid >> type;
  // Instantiated and nothing else: not revoked, dead, negative, invalid, nor charged to a quota.
  if (flags != "I------" || expiry != "perm" || uid != "0" || gid != "0" || type != "asymmetri") {
    return {};
  }
  // A subject may hold anything, so what counts is what stands last.
  constexpr std::string_view kKind = ": X509.";
  const std::size_t kind = line.rfind(kKind);
  if (kind == std::string_view::npos) return {};
  const std::string_view before = line.substr(0, kind);
  const std::size_t colon = before.rfind(": ");
  if (colon == std::string_view::npos) return {};
  return before.substr(colon + 2);
}

std::set<std::string_view> identifiers_in(std::string_view proc_keys) {
  std::set<std::string_view> identifiers;
  while (!proc_keys.empty()) {
    const std::size_t end = std::min(proc_keys.find('\n'), proc_keys.size());
    const std::string_view identifier = identifier_in(proc_keys.substr(0, end));
    if (!identifier.empty()) identifiers.insert(identifier);
    proc_keys.remove_prefix(std::min(end + 1, proc_keys.size()));
  }
  return identifiers;
}

}  // namespace

Result<std::vector<std::uint8_t>> unpack_build(Bytes image, const KernelBuild& build,
                                               std::size_t max_bytes) {
  auto kernel = unpack_kernel(image, max_bytes);
  if (!kernel) return kernel;
  if (!is_build(*kernel, build)) return no_kernel_keys("the kernel's image is of another build");
  return kernel;
}

Result<std::vector<std::string>> certificates_in(Bytes kernel) {
  std::vector<std::string> found;
  std::size_t attempts = 0;
  for (std::size_t at = 0; at < kernel.size();) {
    const auto start = std::find(kernel.begin() + static_cast<std::ptrdiff_t>(at), kernel.end(),
                                 std::uint8_t{0x30});
    at = static_cast<std::size_t>(start - kernel.begin());
    const Bytes candidate = candidate_at(kernel.subspan(at));
    if (candidate.empty()) {
      ++at;
      continue;
    }
    if (++attempts > kMostAttempts)
      return no_kernel_keys("the kernel's image holds too much like a key");
    if (!is_self_consistent(candidate)) {
      ++at;
      continue;
    }
    const std::string_view der = text_of(candidate);
    if (std::find(found.begin(), found.end(), der) == found.end()) found.emplace_back(der);
    if (found.size() > kMostKernelCertificates) {
      return no_kernel_keys("the kernel's image holds more certificates than can be told apart");
    }
    at += candidate.size();
  }
  return found;
}

Result<std::vector<std::string>> certificates_in_kernel(Bytes image, const KernelBuild& build,
                                                        std::size_t max_bytes) {
  const auto kernel = unpack_build(image, build, max_bytes);
  if (!kernel) return kernel.error();
  return certificates_in(*kernel);
}

TrustedCertificates trusted_by_kernel(const std::vector<std::string>& certificates,
                                      std::string_view proc_keys) {
  TrustedCertificates trusted;
  const std::set<std::string_view> listed = identifiers_in(proc_keys);
  for (const std::string& der : certificates) {
    if (trusted.size() >= kMostKernelCertificates) break;
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(der.data()), der.size());
    auto certificate = certificate_from_der(bytes);
    if (!certificate || !listed.contains(key_identifier(certificate->get()))) continue;
    trusted.push_back({std::string(kKernelSigner), std::move(*certificate)});
  }
  return trusted;
}

}  // namespace modgate
