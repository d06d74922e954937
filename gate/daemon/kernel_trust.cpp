// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gate/config/trusted_file.h"
#include "gate/confine/compartment.h"
#include "gate/daemon/trust.h"
#include "gate/daemon/waiting.h"
#include "gate/module/bounded_file.h"
#include "gate/module/kernel_keys.h"
#include "gate/module/mapped_image.h"

namespace modgate {
namespace {

constexpr std::size_t kMostImageBytes = std::size_t{256} << 20U;
constexpr std::size_t kMostKeyListBytes = std::size_t{4} << 20U;

/// The answer of the compartment: kFound and each certificate behind its size, or what is wrong.
constexpr char kFound = '+';
constexpr char kNotFound = '-';
constexpr std::size_t kMostAnswerBytes =
    1 + kMostKernelCertificates * (sizeof(std::uint32_t) + kMostKernelCertificateBytes);

std::string encode(const Result<std::vector<std::string>>& found) {
  if (!found) return (kNotFound + found.error().message).substr(0, kMostAnswerBytes);
  std::string bytes(1, kFound);
  for (const std::string& der : *found) {
    const auto size = static_cast<std::uint32_t>(der.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size).append(der);
  }
  return bytes;
}

Result<std::vector<std::string>> decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFound) {
    return Error{Outcome::unavailable, std::string(bytes.substr(bytes.empty() ? 0 : 1))};
  }
  bytes.remove_prefix(1);
  std::vector<std::string> found;
  while (!bytes.empty()) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) break;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (size > kMostKernelCertificateBytes || size > bytes.size()) break;
    found.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty() || found.size() > kMostKernelCertificates) {
    return Error{Outcome::unavailable, "what was found in the kernel's image makes no sense"};
  }
  return found;
}

/// Where distributions keep it; the first of the two that is there counts.
Result<Fd> open_kernel_image(const std::string& release) {
  auto image = open_root_owned("/boot/vmlinuz-" + release);
  if (image || image.error().code != ENOENT) return image;
  return open_root_owned("/usr/lib/modules/" + release + "/vmlinuz");
}

int run_search(const Inside& inside, const KernelBuild& build) {
  const auto image = MappedImage::map(inside.given.at(0));
  const std::string answer = encode(!image ? image.error()
                                    : image->bytes().size() > kMostImageBytes
                                        ? Error{Outcome::rejected, "too large"}
                                        : certificates_in_kernel(image->bytes(), build));
  Channel parent{Fd(inside.parent)};
  return parent.send(answer, BootClock::now() + std::chrono::seconds(10)) ? 0 : 1;
}

}  // namespace

Result<TrustedCertificates> find_kernel_keys(const Accounts& accounts, const FilterSet& filters,
                                             Deadline deadline) {
  utsname names = {};
  if (::uname(&names) != 0) return Error{Outcome::unavailable, "uname failed", errno};
  const KernelBuild build = {names.release, names.version};
  auto image = open_kernel_image(build.release);
  if (!image) return image.error();
  auto searcher =
      Compartment::start(unpacker_profile(accounts), filters, {image->get()},
                         [&build](const Inside& inside) { return run_search(inside, build); });
  if (!searcher) return searcher.error();
  Channel channel(searcher->release_channel());
  auto answer = channel.receive(kMostAnswerBytes, 0, deadline);
  if (!answer || !*answer) {
    return Error{Outcome::unavailable, "the kernel's image could not be searched"};
  }
  // The listener lives on: what is left of the child is cleared away now.
  if (auto ended = wait_for_any({searcher->pidfd()}, deadline); !ended) return ended.error();
  auto found = decode((*answer)->bytes);
  if (!found) return found.error();
  auto keys = read_bounded("/proc/keys", kMostKeyListBytes);
  if (!keys) return keys.error();
  return trusted_by_kernel(*found, *keys);
}

}  // namespace modgate
