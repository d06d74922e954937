// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gate/policy/parse.h"
#include "gate/policy/parse_defaults.h"
#include "gate/policy/parse_rule.h"
#include "gate/policy/pieces.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// Merges file by file, then fills in the defaults.
class PolicyBuilder {
 public:
  /// Files are parsed in pieces of `piece_bytes` or a little more, whatever the options say. Any
  /// error may then be one of the cut alone. The options must outlive the builder.
  PolicyBuilder(const ParseOptions& options, std::size_t piece_bytes,
                std::vector<Problem>& problems)
      : options_(options),
        piece_bytes_(piece_bytes),
        problems_(problems),
        digests_(options.read_file, problems) {}

  void add(const PolicyFile& source);

  /// What only shows when all files are read.
  void check_merged();

  /// Once, where no problem is an error.
  Policy finish();

  /// Whether any file was parsed in more than one piece.
  [[nodiscard]] bool has_cut() const noexcept { return has_cut_; }

 private:
  void add_piece(const toml::table& table, const Piece& piece, ProblemList& problems);
  void note_defaults(const toml::table& table, ProblemList& problems);
  void merge_defaults(WrittenDefaults file);
  void add_roles(const toml::table& table, const Piece& piece, ProblemList& problems);
  void add_role(const toml::key& key, const toml::node& node, const Piece& piece,
                ProblemList& problems);
  void add_rules(const toml::node& node, const RuleScope& scope, bool is_allow,
                 ProblemList& problems);
  void check_seen(const std::string& path, const toml::node& node, const Piece& piece,
                  ProblemList& problems);
  [[nodiscard]] RuleScope scope_of(const std::string& role_name, RoleNumber role);
  std::optional<RoleNumber> role_named(const std::string& name, const toml::key& key,
                                       const ProblemList& problems);
  void check_anchors();
  void note_symbols();

  const ParseOptions& options_;
  std::size_t piece_bytes_;
  std::vector<Problem>& problems_;
  Policy policy_;
  WrittenDefaults written_;
  std::map<std::string, std::string> default_places_;
  std::pair<std::string, std::uint32_t> anchor_place_;  ///< file and line of the default
  std::vector<WrittenRule> rules_;
  std::unordered_map<std::string, RoleNumber> role_numbers_;
  PatternShelf patterns_;
  DigestShelf digests_;
  std::shared_ptr<const RuleDetails> no_details_ = std::make_shared<const RuleDetails>();
  std::shared_ptr<const std::string> file_;  ///< of the file that is being added
  SeenTables seen_;                          ///< in that file
  bool is_cut_ = false;                      ///< that file
  bool has_cut_ = false;
  std::size_t text_bytes_ = 0;
};

}  // namespace modgate
