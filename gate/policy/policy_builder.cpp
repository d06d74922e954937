// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/policy_builder.h"

#include <algorithm>
#include <utility>

#include "gate/policy/masked_text.h"
#include "gate/policy/parse_member.h"
#include "gate/policy/parse_witness.h"
#include "gate/policy/text_limits.h"

namespace modgate {
namespace {

bool is_before(const toml::source_position& left, const toml::source_position& right) {
  return std::pair(left.line, left.column) < std::pair(right.line, right.column);
}

bool is_role_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
  });
}

std::shared_ptr<const Terms> with_defaults(const WrittenTerms& written, const Terms& usual) {
  return std::make_shared<const Terms>(Terms{written.authenticate.value_or(usual.authenticate),
                                             written.pam_service.value_or(usual.pam_service),
                                             written.reason.value_or(usual.reason),
                                             written.anchor.value_or(usual.anchor)});
}

}  // namespace

void PolicyBuilder::add(const PolicyFile& source) {
  ProblemList problems(source.path, problems_);
  const toml::source_position top = {1, 1};
  if (source.text.size() > kMostText - text_bytes_) {
    return problems.error(top, "the policy is larger than 16 MiB");
  }
  text_bytes_ += source.text.size();
  policy_.files_.push_back(source.path);
  if (const auto excess = find_excess(source.text)) {
    return problems.error({excess->line, 1}, excess->message);
  }
  file_ = std::make_shared<const std::string>(source.path);
  seen_ = SeenTables();
  const std::vector<Piece> pieces = cut(source.text, piece_bytes_);
  is_cut_ = pieces.size() > 1;
  has_cut_ = has_cut_ || is_cut_;
  for (const Piece& piece : pieces) {
    problems.set_lines_before(piece.lines_before);
    seen_.next_piece();
    try {
      if (const auto masked = masked_text(piece.text)) static_cast<void>(toml::parse(*masked));
      const toml::table table = toml::parse(piece.text);
      add_piece(table, piece, problems);
    } catch (const toml::parse_error& error) {
      return problems.error(error.source().begin, std::string(error.description()));
    }
  }
}

void PolicyBuilder::check_merged() {
  for (const Role& role : policy_.roles_) {
    if (!role.members.empty()) continue;
    ProblemList(role.file, problems_)
        .warning({role.line, role.column},
                 "the role " + role.name + " has no members: its rules are nobody's");
  }
  check_anchors();
}

/// Where a witness must have acknowledged an intent, there has to be one.
void PolicyBuilder::check_anchors() {
  if (!policy_.witnesses_.empty()) return;
  const std::string message = "anchor = \"before-load\" needs a [[witness]]";
  if (written_.anchor.value_or(false)) {
    ProblemList(anchor_place_.first, problems_).error({anchor_place_.second, 1}, message);
  }
  for (const WrittenRule& written : rules_) {
    if (!written.terms || !written.terms->anchor.value_or(false)) continue;
    ProblemList(*written.rule.file, problems_)
        .error({written.rule.line, written.rule.column}, message);
  }
}

Policy PolicyBuilder::finish() {
  Policy::Defaults& defaults = policy_.defaults_;
  defaults.terms.authenticate = written_.authenticate.value_or(true);
  defaults.terms.pam_service = written_.pam_service.value_or(options_.default_pam_service);
  defaults.terms.reason = written_.reason.value_or(ReasonRule{});
  defaults.terms.anchor = written_.anchor.value_or(false);
  defaults.ticket = written_.ticket.value_or(defaults.ticket);
  defaults.lists_dependencies = written_.lists_dependencies.value_or(false);
  defaults.loads_from_file = written_.loads_from_file.value_or(false);
  defaults.linux_audit = written_.linux_audit.value_or(defaults.linux_audit);
  defaults.max_module_bytes = written_.max_module_bytes.value_or(defaults.max_module_bytes);
  const auto usual = std::make_shared<const Terms>(defaults.terms);
  policy_.rules_.reserve(rules_.size());
  for (WrittenRule& written : rules_) {
    written.rule.terms = written.terms ? with_defaults(*written.terms, *usual) : usual;
    policy_.rules_.push_back(std::move(written.rule));
  }
  note_symbols();
  policy_.index_ = RuleIndex(policy_.roles_, policy_.rules_);
  return std::move(policy_);
}

void PolicyBuilder::add_piece(const toml::table& table, const Piece& piece, ProblemList& problems) {
  TableReader reader(table, "a policy", problems);
  if (const toml::table* defaults = reader.table("defaults"); defaults != nullptr) {
    check_seen("defaults", *defaults, piece, problems);
    note_defaults(*defaults, problems);
    merge_defaults(parse_defaults(*defaults, patterns_, problems));
  }
  if (const toml::node* witnesses = reader.take("witness"); witnesses != nullptr) {
    check_seen("witness", *witnesses, piece, problems);
    parse_witnesses(*witnesses, policy_.witnesses_, problems);
  }
  const std::size_t before = rules_.size();
  if (const toml::node* denies = reader.take("deny"); denies != nullptr) {
    check_seen("deny", *denies, piece, problems);
    add_rules(*denies, scope_of("", kNoRole), false, problems);
  }
  if (const toml::table* roles = reader.table("role"); roles != nullptr) {
    check_seen("role", *roles, piece, problems);
    add_roles(*roles, piece, problems);
  }
  reader.finish();
  // toml++ sorts tables by name; the merged order is that of the lines.
  std::stable_sort(
      rules_.begin() + static_cast<std::ptrdiff_t>(before), rules_.end(),
      [](const WrittenRule& left, const WrittenRule& right) {
        return is_before({left.rule.line, left.rule.column}, {right.rule.line, right.rule.column});
      });
}

/// In a file that is not cut toml++ itself tells.
void PolicyBuilder::check_seen(const std::string& path, const toml::node& node, const Piece& piece,
                               ProblemList& problems) {
  if (is_cut_ && !seen_.add(path, node, piece)) {
    problems.error(node.source().begin, path + " stands in this file already");
  }
}

/// A default stands in one place only: with two, the order of the files would decide.
void PolicyBuilder::note_defaults(const toml::table& table, ProblemList& problems) {
  for (const auto& [key, node] : table) {
    const toml::source_position where = key.source().begin;
    if (key.str() == "anchor") anchor_place_ = {problems.file(), problems.line_of(where)};
    const auto [known, is_new] = default_places_.emplace(
        key.str(), problems.file() + ':' + std::to_string(problems.line_of(where)));
    if (is_new || problems.is_full()) continue;
    problems.error(where, '\'' + known->first + "' is set at " + known->second + " already");
  }
}

void PolicyBuilder::merge_defaults(WrittenDefaults file) {
  const auto merge = [](auto& into, auto& value) {
    if (value) into = std::move(value);
  };
  merge(written_.authenticate, file.authenticate);
  merge(written_.pam_service, file.pam_service);
  merge(written_.reason, file.reason);
  merge(written_.ticket, file.ticket);
  merge(written_.lists_dependencies, file.lists_dependencies);
  merge(written_.loads_from_file, file.loads_from_file);
  merge(written_.linux_audit, file.linux_audit);
  merge(written_.anchor, file.anchor);
  merge(written_.max_module_bytes, file.max_module_bytes);
}

void PolicyBuilder::add_roles(const toml::table& table, const Piece& piece, ProblemList& problems) {
  std::vector<std::pair<const toml::key*, const toml::node*>> roles;
  for (const auto& [key, node] : table) roles.emplace_back(&key, &node);
  std::stable_sort(roles.begin(), roles.end(), [](const auto& left, const auto& right) {
    return is_before(left.first->source().begin, right.first->source().begin);
  });
  for (const auto& [key, node] : roles) add_role(*key, *node, piece, problems);
}

void PolicyBuilder::add_role(const toml::key& key, const toml::node& node, const Piece& piece,
                             ProblemList& problems) {
  const toml::table* table = node.as_table();
  if (table == nullptr || !is_role_name(key.str())) {
    problems.error(key.source().begin, table == nullptr
                                           ? "a role is a table: [role.NAME]"
                                           : "the name of a role is of A-Z a-z 0-9 _ - .");
    return;
  }
  const std::string name(key.str());
  check_seen("role." + name, *table, piece, problems);
  TableReader reader(*table, "a role", problems);
  const std::optional<RoleNumber> number = role_named(name, key, problems);
  if (!number) {
    problems.error(key.source().begin, "more than " + std::to_string(kMostRoles) + " roles");
    return;
  }
  Role& role = policy_.roles_[*number];
  if (auto description = reader.text("description"); description && role.description.empty()) {
    role.description = std::move(*description);
  }
  for (const PlacedText& entry : reader.texts("members")) {
    if (auto member = parse_member(entry, problems)) role.members.push_back(std::move(*member));
  }
  const RuleScope scope = scope_of(name, *number);
  for (const bool is_allow : {true, false}) {
    const std::string_view word = is_allow ? "allow" : "deny";
    if (const toml::node* rules = reader.take(word); rules != nullptr) {
      check_seen("role." + name + '.' + std::string(word), *rules, piece, problems);
      add_rules(*rules, scope, is_allow, problems);
    }
  }
  reader.finish();
}

RuleScope PolicyBuilder::scope_of(const std::string& role_name, RoleNumber role) {
  return {file_,   std::make_shared<const std::string>(role_name), role, no_details_, patterns_,
          digests_};
}

void PolicyBuilder::add_rules(const toml::node& node, const RuleScope& scope, bool is_allow,
                              ProblemList& problems) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    const std::string& role = *scope.role_name;
    const std::string header =
        (role.empty() ? "" : "role." + role + '.') + std::string(is_allow ? "allow" : "deny");
    problems.error(node.source().begin, "rules are a list: each begins with [[" + header + "]]");
    return;
  }
  for (const toml::node& rule : *list) {
    if (problems.is_full()) return;
    if (rules_.size() == kMostRules) {
      problems.error(rule.source().begin, "more than " + std::to_string(kMostRules) + " rules");
      return;
    }
    rules_.push_back(parse_rule(*rule.as_table(), scope, is_allow, problems));
  }
}

std::optional<RoleNumber> PolicyBuilder::role_named(const std::string& name, const toml::key& key,
                                                    const ProblemList& problems) {
  const auto known = role_numbers_.find(name);
  if (known != role_numbers_.end()) return known->second;
  std::vector<Role>& roles = policy_.roles_;
  if (roles.size() == kMostRoles) return std::nullopt;
  const auto number = static_cast<RoleNumber>(roles.size());
  const toml::source_position where = key.source().begin;
  role_numbers_.emplace(name, number);
  roles.push_back({name, {}, {}, problems.file(), problems.line_of(where), where.column});
  return number;
}

void PolicyBuilder::note_symbols() {
  std::vector<std::string>& symbols = policy_.symbols_;
  for (const Rule& rule : policy_.rules_) {
    symbols.insert(symbols.end(), rule.details->imports.begin(), rule.details->imports.end());
  }
  std::sort(symbols.begin(), symbols.end());
  symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
}

}  // namespace modgate
