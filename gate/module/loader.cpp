// SPDX-License-Identifier: Apache-2.0
#include "gate/module/loader.h"

#include <elf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gate/module/image.h"
#include "gate/module/kmod_context.h"
#include "gate/module/module_name.h"

namespace modgate {
namespace {

/// libkmod must never take the image for a compressed file: it would unpack it itself and use
/// init_module(2) with bytes of its own making.
bool is_elf(int image) {
  std::array<char, SELFMAG> magic{};
  return ::pread(image, magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size()) &&
         std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

/// libkmod says -errno. Its answers are passed on as they are, EINTR too: without signal handlers,
/// which a loader does not have, the kernel restarts its own waiting (add_unformed_module), so that
/// only the module's init can have said it, and running that twice is not ours to decide.
int positive(int verdict) noexcept { return verdict < 0 ? -verdict : 0; }

}  // namespace

KernelModules::KernelModules(kmod_ctx* context) noexcept : context_(context) {}

KernelModules::KernelModules(KernelModules&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)) {}

KernelModules::~KernelModules() { static_cast<void>(kmod_unref(context_)); }

Result<KernelModules> KernelModules::open() {
  // An empty vector, not NULL: no modprobe.d. Nothing of it counts here, the plan is made.
  const std::array<const char*, 1> no_config{nullptr};
  kmod_ctx* context = kmod_new(nullptr, no_config.data());
  if (context == nullptr) return Error{Outcome::unavailable, "libkmod cannot be set up", ENOMEM};
  silence(context);
  return KernelModules(context);
}

int KernelModules::insert(int image, bool from_file, const Digest& expected,
                          const std::string& parameters) {
  if (parameters.find('\0') != std::string::npos) return EINVAL;
  if (!(from_file ? is_roots_own(image) : is_sealed(image)) || !is_elf(image)) return EBADMSG;
  const auto digest = digest_of(image);
  if (!digest || *digest != expected) return EBADMSG;

  const std::string path = "/proc/self/fd/" + std::to_string(image);
  kmod_module* raw = nullptr;
  if (const int made = kmod_module_new_from_path(context_, path.c_str(), &raw); made < 0) {
    return positive(made);
  }
  const KmodModule module(raw);
  return positive(kmod_module_insert_module(raw, 0, parameters.c_str()));
}

int KernelModules::remove(const std::string& name) {
  if (!is_canonical_name(name)) return EINVAL;
  kmod_module* raw = nullptr;
  if (const int made = kmod_module_new_from_name(context_, name.c_str(), &raw); made < 0) {
    return positive(made);
  }
  const KmodModule module(raw);
  return positive(kmod_module_remove_module(raw, KMOD_REMOVE_NOLOG));
}

}  // namespace modgate
