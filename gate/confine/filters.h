// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <array>
#include <vector>

#include "gate/confine/profile.h"
#include "modgate/result.h"

namespace modgate {

/// The compiled programs of all filters, made once with libseccomp before the first fork, so that a
/// child has only to hand its own to the kernel.
class FilterSet {
 public:
  static Result<FilterSet> compile();

  /// The program of `filter`, ready for seccomp(2).
  [[nodiscard]] const std::vector<sock_filter>& program(Filter filter) const;

  /// Installs the floor in this process. Its children inherit it and need not install it again.
  Status install_floor();

  /// What a child with `filter` has to install; nullptr where it inherits all of it.
  [[nodiscard]] const std::vector<sock_filter>* to_install(Filter filter) const;

 private:
  std::array<std::vector<sock_filter>, 6> programs_;
  bool floor_is_inherited_ = false;
};

/// Installs a program for this process and all its descendants; needs no_new_privs.
Status install_filter(const std::vector<sock_filter>& program);

}  // namespace modgate
