// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "modgate/handle.h"
#include "modgate/plan.h"
#include "modgate/result.h"

struct kmod_ctx;

namespace modgate {

/// Asks the kernel, through libkmod. All of it runs in the loader's process, after confinement; the
/// context is made before (it reads files that a confined process cannot open).
class KernelModules {
 public:
  static Result<KernelModules> open();
  KernelModules(KernelModules&&) noexcept;
  ~KernelModules();

  /// Checks that `image` is sealed (or, `from_file`, a file that only root can change) and its
  /// digest is `expected`, then inserts it by /proc/self/fd/N without any flag. 0, or the kernel's
  /// errno (positive). EBADMSG before the kernel is asked means that the seals or the digest are
  /// wrong: nothing was loaded.
  int insert(int image, bool from_file, const Digest& expected, const std::string& parameters);

  /// Removes a module by its canonical name, never forced. 0 or errno (positive).
  int remove(const std::string& name);

 private:
  explicit KernelModules(kmod_ctx* context) noexcept;
  kmod_ctx* context_;
};

}  // namespace modgate
