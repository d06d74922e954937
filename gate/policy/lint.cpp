// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/lint.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>

#include "gate/policy/covers.h"
#include "gate/policy/lint_tree.h"
#include "gate/policy/module_name.h"
#include "gate/policy/nearest.h"

namespace modgate {
namespace {

constexpr std::size_t kMostWarnings = 100;
/// How many rules one rule is compared with, so that a policy of 100,000 globs takes no hours.
constexpr std::size_t kMostCompared = 256;

/// The name of the keys that are built into the running kernel.
constexpr std::string_view kKernelSigner = "kernel";

/// A signer is named as its file is, and some write all of that.
std::string_view without_ending(std::string_view name) {
  const bool has_ending = name.ends_with(".pem") || name.ends_with(".der");
  return has_ending ? name.substr(0, name.size() - 4) : name;
}

class Linter {
 public:
  Linter(const Policy& policy, const LintFacts& facts) : policy_(policy), facts_(facts) {
    if (facts.modules) tree_.emplace(*facts.modules);
  }

  std::vector<Problem> run() {
    for (const Rule& rule : policy_.rules()) {
      if (is_full()) break;
      check_time(rule);
      if (tree_) check_tree(rule);
      if (facts_.signers) check_signers(rule, *facts_.signers);
      if (!rule.is_allow) continue;
      check_width(rule);
      check_shadow(rule);
    }
    for (const Role& role : policy_.roles()) check_members(role);
    sort();
    return std::move(warnings_);
  }

 private:
  [[nodiscard]] bool is_full() const noexcept { return warnings_.size() >= kMostWarnings; }

  void warn(const std::string& file, std::uint32_t line, std::uint32_t column,
            std::string message) {
    if (!is_full()) warnings_.push_back({false, file, line, column, std::move(message)});
  }

  void warn(const Rule& rule, std::string message) {
    warn(*rule.file, rule.line, rule.column, std::move(message));
  }

  void check_time(const Rule& rule) {
    const std::optional<Moment>& begin = rule.details->not_before;
    const std::optional<Moment>& end = rule.details->expires;
    if (facts_.now && end && end->is_past(*facts_.now)) {
      return warn(rule, "the rule has expired: " + end->text);
    }
    if (begin && end && begin->local == end->local && begin->seconds >= end->seconds) {
      warn(rule, "the rule never holds: it expires (" + end->text + ") before it begins (" +
                     begin->text + ')');
    }
  }

  /// Rules for files and for unloads are about modules that may come from elsewhere.
  void check_tree(const Rule& rule) {
    const bool is_about_tree = rule.source == ModuleSource::tree || !rule.details->trees.empty();
    if (!rule.load || !is_about_tree) return;
    for (std::string& trouble : tree_->troubles(rule)) warn(rule, std::move(trouble));
  }

  void check_signers(const Rule& rule, const std::set<std::string>& known) {
    for (const std::string& signer : rule.details->signers) {
      if (signer == kKernelSigner || known.contains(signer)) continue;
      std::vector<std::string_view> names(known.begin(), known.end());
      names.push_back(kKernelSigner);
      const std::string meant = nearest(without_ending(signer), names);
      warn(rule, "there is no signer " + signer + ": this pin matches nothing" +
                     (meant.empty() ? "" : "; did you mean " + meant + '?'));
    }
  }

  /// Whether the names are no restriction.
  static bool is_for_every_name(const Rule& rule) {
    return rule.modules.empty() ||
           std::any_of(rule.modules.begin(), rule.modules.end(), [](const Glob& glob) {
             return glob.pattern().find_first_not_of('*') == std::string::npos;
           });
  }

  static bool is_for_every_place(const Rule& rule) {
    const std::vector<Glob>& trees = rule.details->trees;
    return trees.empty() || std::any_of(trees.begin(), trees.end(),
                                        [](const Glob& glob) { return glob.pattern() == "**"; });
  }

  /// The kernel's own key says nothing about a module of the kernel's tree: it signed them all.
  static bool is_pinned(const RuleDetails& details) {
    const std::vector<std::string>& signers = details.signers;
    return !details.digests.empty() ||
           (!signers.empty() &&
            std::find(signers.begin(), signers.end(), kKernelSigner) == signers.end());
  }

  void check_width(const Rule& rule) {
    if (!rule.load) return;
    if (rule.details->unpinned) {
      return warn(rule,
                  "whoever may load modules that nothing pins can run any code in the kernel: the "
                  "rule is as good as root");
    }
    if (rule.source == ModuleSource::tree && !is_pinned(*rule.details) && is_for_every_name(rule) &&
        is_for_every_place(rule)) {
      warn(rule,
           "the rule allows every module of the kernel's tree, some of which are as good as root");
    }
  }

  void check_shadow(const Rule& rule) {
    for (const Rule* other : others_about(rule)) {
      if (!other->is_allow && covers(*other, rule)) {
        return warn(rule, "the rule allows nothing: " + other->ref().text() + " denies all of it");
      }
      if (other->is_allow && covers(*other, rule) && grants_as_freely(*other, rule) &&
          !is_the_one_to_keep(rule, *other)) {
        return warn(rule, "the rule changes nothing: " + other->ref().text() +
                              " allows all of it and asks no more");
      }
    }
  }

  /// Of two that say the same, the first.
  static bool is_the_one_to_keep(const Rule& rule, const Rule& other) {
    return &rule < &other && covers(rule, other) && grants_as_freely(rule, other);
  }

  /// Rules for the same callers that may cover the rule: those of its role and the global denies
  /// that are about its first name, or its first glob taken as a name.
  std::vector<const Rule*> others_about(const Rule& rule) {
    const std::vector<Rule>& all = policy_.rules();
    const std::string name =
        rule.modules.empty() ? std::string() : canonical_name(rule.modules.front().pattern());
    std::vector<const Rule*> others;
    for (const RuleNumber number : policy_.index().rules_about(all, {rule.role}, name)) {
      if (others.size() == kMostCompared) break;
      if (&all[number] != &rule) others.push_back(&all[number]);
    }
    return others;
  }

  void check_members(const Role& role) {
    for (const Member& member : role.members) {
      const bool is_group = member.kind == Member::Kind::group;
      const std::optional<std::set<std::string>>& known = is_group ? facts_.groups : facts_.users;
      if (member.kind == Member::Kind::uid || !known || known->contains(member.name)) continue;
      warn(member.file, member.line, member.column,
           std::string("there is no ") + (is_group ? "group " : "user ") + member.name +
               ": this member of the role " + role.name + " is nobody");
    }
  }

  void sort() {
    const std::vector<std::string>& files = policy_.files();
    const auto place = [&](const Problem& warning) {
      return std::tuple(std::find(files.begin(), files.end(), warning.file) - files.begin(),
                        warning.line, warning.column);
    };
    std::stable_sort(
        warnings_.begin(), warnings_.end(),
        [&](const Problem& left, const Problem& right) { return place(left) < place(right); });
  }

  const Policy& policy_;
  const LintFacts& facts_;
  std::optional<LintTree> tree_;
  std::vector<Problem> warnings_;
};

}  // namespace

std::vector<Problem> lint(const Policy& policy, const LintFacts& facts) {
  return Linter(policy, facts).run();
}

}  // namespace modgate
