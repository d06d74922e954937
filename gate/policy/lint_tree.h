// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "gate/policy/lint.h"

namespace modgate {

/// Which names and places of rules the modules of a kernel have.
class LintTree {
 public:
  /// The modules must outlive it.
  explicit LintTree(const std::vector<TreeModule>& modules);

  /// What of the rule meets no module: each such name or place (the first few) or, where each meets
  /// one, that none meets both.
  std::vector<std::string> troubles(const Rule& rule);

 private:
  enum class What : std::uint8_t { name, place };
  bool is_met(const Glob& glob, What what);
  [[nodiscard]] std::string meant_by(const Glob& name) const;

  const std::vector<TreeModule>& modules_;
  std::set<std::string> names_;
  /// Whether globs that were asked for are met; rules often have the same.
  std::unordered_map<std::string, bool> met_;
};

}  // namespace modgate
