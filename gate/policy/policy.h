// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gate/policy/digest_list.h"
#include "gate/policy/glob.h"
#include "gate/policy/hours.h"
#include "gate/policy/moment.h"
#include "gate/policy/parameter_rule.h"
#include "gate/policy/pattern.h"
#include "gate/policy/rule_index.h"
#include "modgate/decision.h"
#include "modgate/plan.h"

namespace modgate {

/// Where modules come from that a rule is about.
enum class ModuleSource : std::uint8_t { tree, file, any };

/// `reason = true` (any that is not blank) or a pattern.
struct ReasonRule {
  bool asked = false;
  std::optional<Pattern> pattern;

  [[nodiscard]] bool is_met(const std::optional<std::string>& reason) const {
    if (!asked) return true;
    if (!reason || reason->find_first_not_of(" \t\r\n") == std::string::npos) return false;
    return !pattern || pattern->matches(*reason);
  }
};

/// What an allow asks of the caller; defaults are filled in.
struct Terms {
  bool authenticate = true;
  std::string pam_service;
  ReasonRule reason;
  bool anchor = false;  ///< a witness must have acknowledged the intent before the kernel is asked
};

/// What only some rules say, beside the modules that they name. Empty lists do not restrict.
struct RuleDetails {
  std::vector<Glob> trees;
  std::vector<std::string> imports;
  /// The rule's own, and those of the files that it names: any of them. None is empty.
  std::vector<std::shared_ptr<const DigestList>> digests;
  std::vector<std::string> signers;
  std::vector<ModuleParameters> parameters;
  std::vector<Glob> hosts;
  std::vector<Hours> hours;
  std::optional<Moment> not_before;
  std::optional<Moment> expires;
  std::string message;    ///< of a deny
  bool unpinned = false;  ///< says so: an allow of files with any content
};

/// One `[[role.NAME.allow]]`, `[[role.NAME.deny]]` or `[[deny]]`. A rule always names modules,
/// trees or imports. What rules have in common they share: a policy may have 100,000 of them.
struct Rule {
  std::shared_ptr<const std::string> file;       ///< never null
  std::shared_ptr<const std::string> role_name;  ///< never null; empty for a global deny
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  RoleNumber role = kNoRole;
  bool is_allow = false;
  ModuleSource source = ModuleSource::tree;
  bool load = false;
  bool unload = false;
  bool unload_own = false;
  std::vector<Glob> modules;                   ///< '-' stands for '_'
  std::shared_ptr<const RuleDetails> details;  ///< never null
  std::shared_ptr<const Terms> terms;          ///< never null

  [[nodiscard]] RuleRef ref() const { return {*file, line, *role_name}; }
};

/// Who belongs to a role.
struct Member {
  enum class Kind : std::uint8_t { user, group, uid };
  Kind kind = Kind::user;
  std::string name;       ///< of a user or group; never empty
  std::uint32_t uid = 0;  ///< Kind::uid
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// As written: "alice", "%netdev" or "#1007".
  [[nodiscard]] std::string text() const {
    if (kind == Kind::uid) return '#' + std::to_string(uid);
    return (kind == Kind::group ? "%" : "") + name;
  }
};

/// Gathered from every file that names it.
struct Role {
  std::string name;
  std::string description;
  std::vector<Member> members;
  std::string file;  ///< where it is named first
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// Who keeps checkpoints of the log elsewhere.
struct Witness {
  std::string name;
  std::string url;  ///< without a '/' at its end
  std::string key;  ///< verifier key of type 0x04 (gate/evidence/verifier_key.h), of the same name
};

/// A merged, valid policy. Its values change only while it is being parsed.
class Policy {
 public:
  /// Every service that a rule or default names, without doubles.
  [[nodiscard]] std::vector<std::string> pam_services() const;
  [[nodiscard]] std::chrono::seconds ticket() const noexcept { return defaults_.ticket; }
  [[nodiscard]] std::uint64_t max_module_bytes() const noexcept {
    return defaults_.max_module_bytes;
  }
  /// "off", "on" or "required".
  [[nodiscard]] std::string linux_audit() const { return defaults_.linux_audit; }
  /// Whether the checked file itself is loaded, and not its bytes from memory.
  [[nodiscard]] bool loads_from_file() const noexcept { return defaults_.loads_from_file; }
  /// Whether the dependencies of a module must each be allowed themselves.
  [[nodiscard]] bool lists_dependencies() const noexcept { return defaults_.lists_dependencies; }

  /// In merged order; not empty where a rule or default says anchor = "before-load".
  [[nodiscard]] const std::vector<Witness>& witnesses() const noexcept { return witnesses_; }

  [[nodiscard]] const std::vector<Role>& roles() const noexcept { return roles_; }
  /// Those of all roles, for whoever can tell whether the names are known.
  [[nodiscard]] std::vector<Member> members() const;
  /// In merged order: file by file, from top to bottom.
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }
  /// The files that it was merged from, in that order.
  [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
  /// The symbols that deny rules name, each once, in order.
  [[nodiscard]] const std::vector<std::string>& symbols() const noexcept { return symbols_; }
  /// Where to look in roles() and rules() for what concerns one caller and one module.
  [[nodiscard]] const RuleIndex& index() const noexcept { return index_; }

 private:
  friend class PolicyBuilder;

  struct Defaults {
    Terms terms;
    std::chrono::seconds ticket{300};
    bool lists_dependencies = false;
    bool loads_from_file = false;
    std::string linux_audit = "on";
    std::uint64_t max_module_bytes = std::uint64_t{256} << 20U;
  };

  Defaults defaults_;
  std::vector<Witness> witnesses_;
  std::vector<Role> roles_;
  std::vector<Rule> rules_;
  std::vector<std::string> files_;
  std::vector<std::string> symbols_;
  RuleIndex index_;
};

}  // namespace modgate
