// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse.h"

#include <algorithm>
#include <exception>
#include <map>
#include <tuple>
#include <utility>

#include "gate/policy/parse_defaults.h"
#include "gate/policy/parse_member.h"
#include "gate/policy/parse_rule.h"
#include "gate/policy/table_reader.h"

namespace modgate {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostRules = 4096;
constexpr std::size_t kMostRoles = 1024;
/// Dots nest tables, and tables are freed by recursion; brackets are bounded by toml++ itself
/// (CMakeLists.txt).
constexpr std::ptrdiff_t kMostDotsInLine = 256;

/// Where a line has more dots than any policy needs; 0: nowhere.
std::uint32_t line_with_too_many_dots(std::string_view text) {
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '.') >
        kMostDotsInLine) {
      return line;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

bool is_before(const toml::source_position& left, const toml::source_position& right) {
  return std::pair(left.line, left.column) < std::pair(right.line, right.column);
}

bool is_role_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
  });
}

}  // namespace

/// Merges file by file, then fills in the defaults.
class PolicyBuilder {
 public:
  explicit PolicyBuilder(std::vector<Problem>& problems) : problems_(problems) {}

  void add(const PolicySource& source) {
    ProblemList problems(source.path, problems_);
    const toml::source_position top = {1, 1};
    if (source.text.size() > kMostBytes) {
      return problems.error(top, "the file is larger than 1 MiB");
    }
    if (const std::uint32_t line = line_with_too_many_dots(source.text); line != 0) {
      return problems.error({line, 1}, "the line has too many dots");
    }
    try {
      const toml::table table = toml::parse(std::string_view(source.text));
      add_file(table, problems);
    } catch (const toml::parse_error& error) {
      problems.error(error.source().begin, std::string(error.description()));
    }
  }

  /// What only shows when all files are read.
  void check_merged() {
    for (const Role& role : policy_.roles_) {
      if (!role.members.empty()) continue;
      ProblemList(role.file, problems_)
          .warning({role.line, role.column},
                   "the role " + role.name + " has no members: its rules are nobody's");
    }
  }

  Policy finish(const ParseOptions& options) {
    Policy::Defaults& defaults = policy_.defaults_;
    defaults.terms.authenticate = written_.authenticate.value_or(true);
    defaults.terms.pam_service = written_.pam_service.value_or(options.default_pam_service);
    defaults.terms.reason = written_.reason.value_or(ReasonRule{});
    defaults.ticket = written_.ticket.value_or(defaults.ticket);
    defaults.lists_dependencies = written_.lists_dependencies.value_or(false);
    defaults.linux_audit = written_.linux_audit.value_or(defaults.linux_audit);
    defaults.max_module_bytes = written_.max_module_bytes.value_or(defaults.max_module_bytes);
    for (WrittenRule& written : rules_) {
      Terms& terms = written.rule.terms;
      terms.authenticate = written.authenticate.value_or(defaults.terms.authenticate);
      terms.pam_service = written.pam_service.value_or(defaults.terms.pam_service);
      terms.reason = written.reason.value_or(defaults.terms.reason);
      policy_.rules_.push_back(std::move(written.rule));
    }
    return std::move(policy_);
  }

 private:
  void add_file(const toml::table& table, ProblemList& problems) {
    TableReader reader(table, "a policy", problems);
    if (const toml::table* defaults = reader.table("defaults"); defaults != nullptr) {
      note_defaults(*defaults, problems);
      merge_defaults(parse_defaults(*defaults, problems));
    }
    reader.refuse("witness");
    const std::size_t before = rules_.size();
    if (const toml::node* denies = reader.take("deny"); denies != nullptr) {
      add_rules(*denies, "", false, problems);
    }
    if (const toml::table* roles = reader.table("role"); roles != nullptr) {
      add_roles(*roles, problems);
    }
    reader.finish();
    // toml++ sorts tables by name; the merged order is that of the lines.
    std::stable_sort(rules_.begin() + static_cast<std::ptrdiff_t>(before), rules_.end(),
                     [](const WrittenRule& left, const WrittenRule& right) {
                       return is_before({left.rule.ref.line, left.rule.column},
                                        {right.rule.ref.line, right.rule.column});
                     });
  }

  /// A default stands in one place only: with two, the order of the files would decide.
  void note_defaults(const toml::table& table, ProblemList& problems) {
    for (const auto& [key, node] : table) {
      const toml::source_position where = key.source().begin;
      const auto [known, is_new] =
          default_places_.emplace(key.str(), problems.file() + ':' + std::to_string(where.line));
      if (is_new || problems.is_full()) continue;
      problems.error(where, '\'' + known->first + "' is set at " + known->second + " already");
    }
  }

  void merge_defaults(WrittenDefaults file) {
    const auto merge = [](auto& into, auto& value) {
      if (value) into = std::move(value);
    };
    merge(written_.authenticate, file.authenticate);
    merge(written_.pam_service, file.pam_service);
    merge(written_.reason, file.reason);
    merge(written_.ticket, file.ticket);
    merge(written_.lists_dependencies, file.lists_dependencies);
    merge(written_.linux_audit, file.linux_audit);
    merge(written_.max_module_bytes, file.max_module_bytes);
  }

  void add_roles(const toml::table& table, ProblemList& problems) {
    std::vector<std::pair<const toml::key*, const toml::node*>> roles;
    for (const auto& [key, node] : table) roles.emplace_back(&key, &node);
    std::stable_sort(roles.begin(), roles.end(), [](const auto& left, const auto& right) {
      return is_before(left.first->source().begin, right.first->source().begin);
    });
    for (const auto& [key, node] : roles) add_role(*key, *node, problems);
  }

  void add_role(const toml::key& key, const toml::node& node, ProblemList& problems) {
    const toml::table* table = node.as_table();
    if (table == nullptr || !is_role_name(key.str())) {
      problems.error(key.source().begin, table == nullptr
                                             ? "a role is a table: [role.NAME]"
                                             : "the name of a role is of A-Z a-z 0-9 _ - .");
      return;
    }
    const std::string name(key.str());
    TableReader reader(*table, "a role", problems);
    Role* role = role_named(name, key.source().begin, problems.file());
    if (role == nullptr) {
      problems.error(key.source().begin, "more than 1024 roles");
      return;
    }
    if (auto description = reader.text("description"); description && role->description.empty()) {
      role->description = std::move(*description);
    }
    for (const PlacedText& entry : reader.texts("members")) {
      if (auto member = parse_member(entry, problems)) role->members.push_back(std::move(*member));
    }
    for (const bool is_allow : {true, false}) {
      if (const toml::node* rules = reader.take(is_allow ? "allow" : "deny"); rules != nullptr) {
        add_rules(*rules, name, is_allow, problems);
      }
    }
    reader.finish();
  }

  void add_rules(const toml::node& node, const std::string& role, bool is_allow,
                 ProblemList& problems) {
    const toml::array* list = node.as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
      const std::string header =
          (role.empty() ? "" : "role." + role + '.') + std::string(is_allow ? "allow" : "deny");
      problems.error(node.source().begin, "rules are a list: each begins with [[" + header + "]]");
      return;
    }
    for (const toml::node& rule : *list) {
      if (rules_.size() == kMostRules) {
        problems.error(rule.source().begin, "more than 4096 rules");
        return;
      }
      rules_.push_back(parse_rule(*rule.as_table(), role, is_allow, problems));
    }
  }

  Role* role_named(const std::string& name, const toml::source_position& where,
                   const std::string& file) {
    std::vector<Role>& roles = policy_.roles_;
    const auto found = std::find_if(roles.begin(), roles.end(),
                                    [&](const Role& role) { return role.name == name; });
    if (found != roles.end()) return &*found;
    if (roles.size() == kMostRoles) return nullptr;
    roles.push_back({name, {}, {}, file, where.line, where.column});
    return &roles.back();
  }

  std::vector<Problem>& problems_;
  Policy policy_;
  WrittenDefaults written_;
  std::map<std::string, std::string> default_places_;
  std::vector<WrittenRule> rules_;
};

namespace {

void sort_problems(std::vector<Problem>& problems, const std::vector<PolicySource>& sources) {
  const auto place = [&](const Problem& problem) {
    const auto file = std::find_if(sources.begin(), sources.end(), [&](const PolicySource& source) {
      return source.path == problem.file;
    });
    return std::tuple(file - sources.begin(), problem.line, problem.column);
  };
  std::stable_sort(
      problems.begin(), problems.end(),
      [&](const Problem& left, const Problem& right) { return place(left) < place(right); });
}

}  // namespace

ParsedPolicy parse_policy(const std::vector<PolicySource>& sources, const ParseOptions& options) {
  ParsedPolicy parsed;
  try {
    PolicyBuilder builder(parsed.problems);
    for (const PolicySource& source : sources) builder.add(source);
    const bool sound = std::none_of(parsed.problems.begin(), parsed.problems.end(),
                                    [](const Problem& problem) { return problem.is_error; });
    if (sound) builder.check_merged();
    sort_problems(parsed.problems, sources);
    if (sound) parsed.policy = builder.finish(options);
  } catch (const std::exception& failure) {
    parsed.policy.reset();
    parsed.problems.push_back({true, sources.empty() ? "" : sources.front().path, 1, 1,
                               std::string("the policy cannot be parsed: ") + failure.what()});
  }
  return parsed;
}

std::vector<Member> Policy::members() const {
  std::vector<Member> members;
  for (const Role& role : roles_) {
    members.insert(members.end(), role.members.begin(), role.members.end());
  }
  return members;
}

std::vector<std::string> Policy::pam_services() const {
  std::vector<std::string> services = {defaults_.terms.pam_service};
  for (const Rule& rule : rules_) {
    if (rule.is_allow) services.push_back(rule.terms.pam_service);
  }
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  return services;
}

}  // namespace modgate
