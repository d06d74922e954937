// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/lint_tree.h"

#include <algorithm>
#include <string_view>

#include "gate/policy/module_name.h"
#include "gate/policy/nearest.h"

namespace modgate {
namespace {

/// Of one rule.
constexpr std::size_t kMostFound = 16;

}  // namespace

LintTree::LintTree(const std::vector<TreeModule>& modules) : modules_(modules) {
  for (const TreeModule& module : modules) names_.insert(module.name);
}

bool LintTree::is_met(const Glob& glob, What what) {
  if (what == What::name && glob.is_literal()) {
    return names_.contains(canonical_name(glob.pattern()));
  }
  const auto [known, is_new] =
      met_.emplace((what == What::name ? "n" : "p") + glob.pattern(), false);
  if (is_new) {
    known->second = std::any_of(modules_.begin(), modules_.end(), [&](const TreeModule& module) {
      if (what == What::name) return glob.matches(module.name);
      return !module.place.empty() && glob.matches(module.place);
    });
  }
  return known->second;
}

std::string LintTree::meant_by(const Glob& name) const {
  if (!name.is_literal()) return {};
  const std::vector<std::string_view> known(names_.begin(), names_.end());
  const std::string meant = nearest(canonical_name(name.pattern()), known);
  return meant.empty() ? std::string() : "; did you mean " + meant + '?';
}

std::vector<std::string> LintTree::troubles(const Rule& rule) {
  std::vector<std::string> found;
  for (const Glob& name : rule.modules) {
    if (found.size() == kMostFound) return found;
    if (is_met(name, What::name)) continue;
    found.push_back("the kernel has no module " + name.pattern() + meant_by(name));
  }
  for (const Glob& place : rule.details->trees) {
    if (is_met(place, What::place)) continue;
    found.push_back("the kernel's tree has no module at " + place.pattern());
  }
  if (!found.empty() || rule.modules.empty() || rule.details->trees.empty()) return found;
  const bool both = std::any_of(modules_.begin(), modules_.end(), [&](const TreeModule& module) {
    return !module.place.empty() && matches_any(rule.modules, module.name) &&
           matches_any(rule.details->trees, module.place);
  });
  if (!both) found.emplace_back("no module of these names is at these places of the kernel's tree");
  return found;
}

}  // namespace modgate
