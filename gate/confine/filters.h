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

 private:
  std::array<std::vector<sock_filter>, 6> programs_;
};

/// Installs a program for this process and all its descendants; needs no_new_privs.
Status install_filter(const std::vector<sock_filter>& program);

}  // namespace modgate
