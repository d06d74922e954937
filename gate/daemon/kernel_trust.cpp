// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gate/config/trusted_file.h"
#include "gate/confine/compartment.h"
#include "gate/daemon/trust.h"
#include "gate/daemon/waiting.h"
#include "gate/module/bounded_file.h"
#include "gate/module/image.h"
#include "gate/module/kernel_exports.h"
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

/// Of a kernel without such a list, or one that cannot be written, nothing is told.
void write_exports(const std::vector<std::uint8_t>& kernel, int file) {
  const auto exports = exports_in(kernel);
  if (!exports) return;
  std::size_t written = 0;
  while (written < exports->size()) {
    const ssize_t put = ::write(file, exports->data() + written, exports->size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    written += static_cast<std::size_t>(put);
  }
}

/// Tells the certificates, and writes the exports into a file: they are too many for a message.
Result<std::vector<std::string>> search(int image_file, int exports_file,
                                        const KernelBuild& build) {
  const auto image = MappedImage::map(image_file);
  if (!image) return image.error();
  if (image->bytes().size() > kMostImageBytes) return Error{Outcome::rejected, "too large"};
  const auto kernel = unpack_build(image->bytes(), build);
  if (!kernel) return kernel.error();
  write_exports(*kernel, exports_file);
  return certificates_in(*kernel);
}

int run_search(const Inside& inside, const KernelBuild& build) {
  const std::string answer = encode(search(inside.given.at(0), inside.given.at(1), build));
  Channel parent{Fd(inside.parent)};
  return parent.send(answer, BootClock::now() + std::chrono::seconds(10)) ? 0 : 1;
}

/// What the compartment wrote; nothing where it is no whole list.
std::string read_exports(int file) {
  std::string text(kMostExportBytes + 1, '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  text.shrink_to_fit();
  return is_list_of_exports(text) ? text : std::string();
}

}  // namespace

Result<KernelFinds> search_kernel_image(const Accounts& accounts, const FilterSet& filters,
                                        Deadline deadline) {
  utsname names = {};
  if (::uname(&names) != 0) return Error{Outcome::unavailable, "uname failed", errno};
  const KernelBuild build = {names.release, names.version};
  auto image = open_kernel_image(build.release);
  if (!image) return image.error();
  const auto exports = new_image("exports");
  if (!exports) return exports.error();
  auto searcher =
      Compartment::start(unpacker_profile(accounts), filters, {image->get(), exports->get()},
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
  return KernelFinds{trusted_by_kernel(*found, *keys), read_exports(exports->get())};
}

}  // namespace modgate
