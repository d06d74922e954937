// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "modgate/handle.h"
#include "modgate/plan.h"
#include "modgate/result.h"

struct kmod_ctx;

namespace modgate {

/// What a loader asks for. Tests have one that remembers.
class ModuleKernel {
 public:
  virtual ~ModuleKernel() = default;

  /// Checks that `image` is sealed (or, `from_file`, a file that only root can change) and its
  /// digest is `expected`, then inserts it. 0, or the kernel's errno (positive). EBADMSG before the
  /// kernel is asked means that the seals or the digest are wrong: nothing was loaded.
  virtual int insert(int image, bool from_file, const Digest& expected,
                     const std::string& parameters) = 0;

  /// Removes a module by its canonical name, never forced. 0 or errno (positive).
  virtual int remove(const std::string& name) = 0;
};

/// Asks the kernel, through libkmod, by /proc/self/fd/N and without any flag. All of it runs in the
/// loader's process, after confinement; the context is made before (it reads files that a confined
/// process cannot open).
class KernelModules final : public ModuleKernel {
 public:
  static Result<KernelModules> open();
  KernelModules(KernelModules&&) noexcept;
  ~KernelModules() override;

  int insert(int image, bool from_file, const Digest& expected,
             const std::string& parameters) override;
  int remove(const std::string& name) override;

 private:
  explicit KernelModules(kmod_ctx* context) noexcept;
  kmod_ctx* context_;
};

}  // namespace modgate
