// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_parameters.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "gate/policy/module_name.h"

namespace modgate {
namespace {

bool is_name(std::string_view text, bool with_globs) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [&](char byte) {
           return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                  (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
                  (with_globs && (byte == '*' || byte == '?'));
         });
}

/// More names than any module has parameters.
constexpr std::size_t kMostNames = 1024;

std::optional<IntegerRange> parse_range(const toml::node& node) {
  const toml::array* bounds = node.as_array();
  if (bounds == nullptr || bounds->size() != 2) return std::nullopt;
  const auto least = bounds->get(0)->value_exact<std::int64_t>();
  const auto most = bounds->get(1)->value_exact<std::int64_t>();
  if (!least || !most || *least > *most) return std::nullopt;
  return IntegerRange{*least, *most};
}

std::optional<OneOf> parse_enum(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty() || list->size() > kMostNames) return std::nullopt;
  OneOf one_of;
  for (const toml::node& element : *list) {
    auto value = element.value_exact<std::string>();
    if (!value || !is_plain_value(*value)) return std::nullopt;
    one_of.values.push_back(std::move(*value));
  }
  return one_of;
}

/// `{ int = [0, 64] }`, `{ enum = […] }` or `{ match = "…" }`.
std::optional<ParameterRule> parse_parameter(std::string name, const toml::node& node,
                                             PatternShelf& patterns, ProblemList& problems) {
  const toml::table* table = node.as_table();
  if (table == nullptr || table->size() != 1) {
    problems.error(node.source().begin,
                   "the values of a parameter are { int = [0, 64] }, { enum = [\"a\", \"b\"] } or "
                   "{ match = \"[a-z]+\" }");
    return std::nullopt;
  }
  TableReader reader(*table, "the values of a parameter", problems);
  std::optional<ParameterRule> rule;
  if (const toml::node* range = reader.take("int"); range != nullptr) {
    if (auto parsed = parse_range(*range)) {
      rule = ParameterRule{std::move(name), *parsed};
    } else {
      problems.error(range->source().begin, "'int' is the least and the greatest value: [0, 64]");
    }
  } else if (const toml::node* list = reader.take("enum"); list != nullptr) {
    if (auto parsed = parse_enum(*list)) {
      rule = ParameterRule{std::move(name), std::move(*parsed)};
    } else {
      problems.error(list->source().begin,
                     "'enum' is a list of strings without white space, quotes and control "
                     "characters");
    }
  } else if (const auto expression = reader.text("match")) {
    auto pattern = patterns.get(*expression);
    if (pattern) {
      rule = ParameterRule{std::move(name), std::move(*pattern)};
    } else {
      problems.error(table->source().begin, "'match': " + pattern.error().message);
    }
  }
  reader.finish();
  return rule;
}

/// What stands under `params.MODULE`.
ModuleParameters parse_module(const std::string& module, const toml::node& node,
                              PatternShelf& patterns, ProblemList& problems) {
  ModuleParameters result{Glob(module), {}};
  if (node.value_exact<std::string>() == "none") return result;
  const toml::table* table = node.as_table();
  if (table == nullptr || table->empty() || table->size() > kMostNames) {
    problems.error(node.source().begin,
                   "the parameters of a module are \"none\" or a table of 1 to 1024 names");
    return result;
  }
  for (const auto& [key, value] : *table) {
    if (problems.is_full()) break;
    std::string name = canonical_name(key.str());
    const bool twice = std::any_of(result.parameters.begin(), result.parameters.end(),
                                   [&](const ParameterRule& other) { return other.name == name; });
    if (!is_name(key.str(), false) || twice) {
      problems.error(key.source().begin,
                     twice ? "the parameter stands twice: '-' and '_' are the same"
                           : "the name of a parameter is of A-Z a-z 0-9 _ -");
      continue;
    }
    if (auto rule = parse_parameter(std::move(name), value, patterns, problems)) {
      result.parameters.push_back(std::move(*rule));
    }
  }
  return result;
}

bool is_met_by(const std::string& module, const std::vector<Glob>& modules) {
  return modules.empty() || module.find_first_of("*?") != std::string::npos ||
         std::any_of(modules.begin(), modules.end(),
                     [&](const Glob& glob) { return glob.matches(module); });
}

}  // namespace

std::vector<ModuleParameters> parse_parameters(TableReader& reader,
                                               const std::vector<Glob>& modules,
                                               PatternShelf& patterns) {
  const toml::table* table = reader.table("params");
  if (table == nullptr) return {};
  if (table->size() > kMostNames) {
    reader.problems().error(table->source().begin, "'params' names more than 1024 modules");
    return {};
  }
  std::vector<ModuleParameters> result;
  for (const auto& [key, value] : *table) {
    if (reader.problems().is_full()) break;
    const std::string module = canonical_name(key.str());
    const bool twice = std::any_of(
        result.begin(), result.end(),
        [&](const ModuleParameters& other) { return other.module.pattern() == module; });
    if (!is_name(key.str(), true) || twice) {
      reader.problems().error(key.source().begin,
                              twice ? "the module stands twice: '-' and '_' are the same"
                                    : "the name of a module is of A-Z a-z 0-9 _ -");
      continue;
    }
    if (!is_met_by(module, modules)) {
      reader.problems().warning(key.source().begin, "the rule is not about the module " + module +
                                                        ": these parameters are never used");
    }
    result.push_back(parse_module(module, value, patterns, reader.problems()));
  }
  return result;
}

}  // namespace modgate
