// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_rule.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gate/policy/parse_defaults.h"
#include "gate/policy/parse_moment.h"
#include "gate/policy/parse_parameters.h"
#include "gate/policy/parse_witness.h"

namespace modgate {
namespace {

constexpr std::size_t kLongestGlob = 256;

bool is_alphanumeric(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
}

bool consists_of(std::string_view text, std::string_view others) {
  return text.size() <= kLongestGlob && std::all_of(text.begin(), text.end(), [&](char byte) {
           return is_alphanumeric(byte) || others.find(byte) != std::string_view::npos;
         });
}

void parse_modules(TableReader& reader, Rule& rule) {
  std::vector<PlacedText> entries = reader.texts("modules");
  rule.modules.reserve(entries.size());
  for (PlacedText& entry : entries) {
    if (!consists_of(entry.text, "_-*?")) {
      reader.problems().error(entry.where,
                              "'modules' has names and globs of A-Z a-z 0-9 _ - * ?, without a "
                              "path or ending; a place in the module tree is written with 'tree'");
      continue;
    }
    rule.modules.push_back(Glob::of_modules(std::move(entry.text)));
  }
}

void parse_trees(TableReader& reader, RuleDetails& details) {
  for (const PlacedText& entry : reader.texts("tree")) {
    if (!consists_of(entry.text, "_-*?/.+,@=") || entry.text.front() == '/') {
      reader.problems().error(entry.where,
                              "'tree' has globs of places below /lib/modules/RELEASE, such as "
                              "\"kernel/drivers/net/**\"");
      continue;
    }
    if (entry.text.ends_with(".ko") || entry.text.find(".ko.") != std::string::npos) {
      reader.problems().error(entry.where, "a place in the tree is written without .ko");
      continue;
    }
    details.trees.emplace_back(entry.text);
  }
}

void parse_imports(TableReader& reader, bool is_allow, RuleDetails& details) {
  if (is_allow) {
    if (const toml::node* node = reader.take("imports"); node != nullptr) {
      reader.problems().error(node->source().begin, "'imports' is for deny rules only");
    }
    return;
  }
  for (PlacedText& entry : reader.texts("imports")) {
    if (!consists_of(entry.text, "_.$")) {
      reader.problems().error(entry.where, "'imports' has names of kernel symbols");
      continue;
    }
    details.imports.push_back(std::move(entry.text));
  }
}

void parse_actions(TableReader& reader, Rule& rule) {
  const std::vector<PlacedText> actions = reader.texts("actions");
  if (actions.empty()) {
    rule.load = true;
    rule.unload = !rule.is_allow;
    return;
  }
  for (const PlacedText& action : actions) {
    if (action.text == "load") {
      rule.load = true;
    } else if (action.text == "unload") {
      rule.unload = true;
    } else if (action.text == "unload-own") {
      rule.unload_own = true;
    } else {
      reader.problems().error(action.where, "an action is \"load\", \"unload\" or \"unload-own\"");
    }
  }
}

void parse_source(TableReader& reader, Rule& rule) {
  rule.source = rule.is_allow ? ModuleSource::tree : ModuleSource::any;
  const toml::node* node = reader.take("source");
  if (node == nullptr) return;
  const auto word = node->value_exact<std::string>();
  if (word == "tree") {
    rule.source = ModuleSource::tree;
  } else if (word == "file") {
    rule.source = ModuleSource::file;
  } else {
    reader.problems().error(node->source().begin, "'source' is \"tree\" or \"file\"");
  }
}

bool is_signer_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return text.size() <= kLongest && text.front() != '.' && consists_of(text, "._-");
}

void parse_signers(TableReader& reader, RuleDetails& details) {
  for (PlacedText& entry : reader.texts("signer")) {
    if (!is_signer_name(entry.text)) {
      reader.problems().error(entry.where,
                              "'signer' has names of certificates in the directory of signers, "
                              "without their ending: of A-Z a-z 0-9 _ - .");
      continue;
    }
    details.signers.push_back(std::move(entry.text));
  }
}

void parse_digests(TableReader& reader, RuleDetails& details) {
  std::vector<Digest> digests;
  for (const PlacedText& entry : reader.texts("sha256")) {
    if (const auto digest = digest_of_hex(entry.text)) {
      digests.push_back(*digest);
    } else {
      reader.problems().error(entry.where, "'sha256' has digests of 64 hex digits");
    }
  }
  if (!digests.empty()) {
    details.digests.push_back(std::make_shared<const DigestList>(std::move(digests)));
  }
}

/// Hidden files are no part of a policy.
bool is_plain_file_name(std::string_view text) {
  return text.front() != '.' && consists_of(text, "._-+@");
}

void parse_digest_files(TableReader& reader, const RuleScope& scope, RuleDetails& details) {
  const std::string directory = scope.file->substr(0, scope.file->rfind('/') + 1);
  for (const PlacedText& entry : reader.one_or_more_texts("sha256_file")) {
    if (!is_plain_file_name(entry.text)) {
      reader.problems().error(entry.where,
                              "'sha256_file' has names of files beside this one: of A-Z a-z 0-9 . "
                              "_ - + @, without a directory, and not hidden");
      continue;
    }
    if (auto list = scope.digests.get(directory + entry.text, entry.where, reader.problems())) {
      details.digests.push_back(std::move(list));
    }
  }
}

void parse_pins(TableReader& reader, const toml::table& table, const RuleScope& scope,
                const Rule& rule, RuleDetails& details) {
  parse_signers(reader, details);
  parse_digests(reader, details);
  parse_digest_files(reader, scope, details);
  std::string_view pin;
  for (const std::string_view key : {"sha256_file", "sha256", "signer"}) {
    if (table.contains(key)) pin = key;
  }
  const bool unpinned = reader.flag("unpinned").value_or(false);
  details.unpinned = unpinned;
  if (!rule.is_allow || rule.source != ModuleSource::file) {
    if (unpinned) {
      reader.problems().error(reader.where(),
                              "'unpinned' is for allow rules with source = \"file\"");
    }
    return;
  }
  if (unpinned && !pin.empty()) {
    reader.problems().error(reader.where(),
                            "a rule with '" + std::string(pin) + "' is not 'unpinned'");
  } else if (!unpinned && pin.empty()) {
    reader.problems().error(reader.where(),
                            "a rule with source = \"file\" pins the module with 'signer', 'sha256' "
                            "or 'sha256_file', or says unpinned = true");
  }
}

void parse_conditions(TableReader& reader, RuleDetails& details) {
  for (PlacedText& entry : reader.texts("hosts")) {
    if (!consists_of(entry.text, "_-.*?")) {
      reader.problems().error(entry.where, "'hosts' has names and globs of hosts");
      continue;
    }
    details.hosts.emplace_back(std::move(entry.text));
  }
  for (const PlacedText& entry : reader.texts("hours")) {
    auto hours = Hours::parse(entry.text);
    if (!hours) {
      reader.problems().error(entry.where, hours.error().message);
      continue;
    }
    details.hours.push_back(std::move(*hours));
  }
  details.not_before = parse_moment(reader, "not_before", DateMeans::its_begin);
  details.expires = parse_moment(reader, "expires", DateMeans::its_end);
}

/// What only an allow can ask, or only a deny say.
void refuse_misplaced(TableReader& reader, const Rule& rule) {
  const std::vector<std::string_view> misplaced =
      rule.is_allow ? std::vector<std::string_view>{"message"}
                    : std::vector<std::string_view>{"params", "reason", "authenticate",
                                                    "pam_service", "anchor"};
  for (const std::string_view key : misplaced) {
    if (const toml::node* node = reader.take(key); node != nullptr) {
      reader.problems().error(node->source().begin, '\'' + std::string(key) + "' is for " +
                                                        (rule.is_allow ? "deny" : "allow") +
                                                        " rules only");
    }
  }
}

void check_subject(TableReader& reader, const toml::table& table, const Rule& rule) {
  const bool named = table.contains("modules") || table.contains("tree") ||
                     (!rule.is_allow && table.contains("imports"));
  if (!named) {
    reader.problems().error(reader.where(), rule.is_allow
                                                ? "a rule names 'modules' or 'tree'"
                                                : "a deny names 'modules', 'tree' or 'imports'");
  }
  if (rule.source == ModuleSource::file && table.contains("tree")) {
    reader.problems().error(reader.where(), "a handed-over file has no place in the tree");
  }
}

bool restricts(const RuleDetails& details) {
  return !details.trees.empty() || !details.imports.empty() || !details.digests.empty() ||
         !details.signers.empty() || !details.parameters.empty() || !details.hosts.empty() ||
         !details.hours.empty() || details.not_before || details.expires ||
         !details.message.empty() || details.unpinned;
}

WrittenTerms parse_terms(TableReader& reader, PatternShelf& patterns) {
  WrittenTerms terms;
  terms.reason = parse_reason(reader, patterns);
  terms.authenticate = reader.flag("authenticate");
  terms.pam_service = parse_pam_service(reader);
  terms.anchor = parse_anchor(reader);
  return terms;
}

Rule rule_of(const RuleScope& scope, std::uint32_t line, std::uint32_t column, bool is_allow) {
  Rule rule;
  rule.file = scope.file;
  rule.role_name = scope.role_name;
  rule.role = scope.role;
  rule.line = line;
  rule.column = column;
  rule.is_allow = is_allow;
  return rule;
}

}  // namespace

WrittenRule parse_rule(const toml::table& table, const RuleScope& scope, bool is_allow,
                       ProblemList& problems) {
  TableReader reader(table, is_allow ? "an allow rule" : "a deny rule", problems);
  WrittenRule written;
  written.rule = rule_of(scope, problems.line_of(reader.where()), reader.where().column, is_allow);
  Rule& rule = written.rule;
  RuleDetails details;
  parse_modules(reader, rule);
  parse_trees(reader, details);
  parse_imports(reader, is_allow, details);
  parse_actions(reader, rule);
  parse_source(reader, rule);
  parse_pins(reader, table, scope, rule, details);
  parse_conditions(reader, details);
  refuse_misplaced(reader, rule);
  if (is_allow) {
    details.parameters = parse_parameters(reader, rule.modules, scope.patterns);
    if (WrittenTerms terms = parse_terms(reader, scope.patterns); terms.says_anything()) {
      written.terms = std::make_unique<WrittenTerms>(std::move(terms));
    }
  } else {
    details.message = reader.text("message").value_or("");
  }
  check_subject(reader, table, rule);
  reader.finish();
  rule.details = restricts(details) ? std::make_shared<const RuleDetails>(std::move(details))
                                    : scope.no_details;
  return written;
}

}  // namespace modgate
