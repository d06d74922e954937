// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/table_reader.h"

#include <algorithm>

#include "gate/policy/nearest.h"

namespace modgate {
namespace {

/// Nobody reads more, and a hostile file must not fill the memory with its faults.
constexpr std::ptrdiff_t kMostProblems = 100;
constexpr std::size_t kMostTexts = 1024;

/// No more of a key than a message has room for.
std::string in_quotes(std::string_view key) {
  constexpr std::size_t kLongestShown = 64;
  if (key.size() <= kLongestShown) return '\'' + std::string(key) + '\'';
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) --end;
  return '\'' + std::string(key.substr(0, end)) + "...'";
}

std::ptrdiff_t count(const std::vector<Problem>& problems, bool errors) {
  return std::count_if(problems.begin(), problems.end(),
                       [&](const Problem& problem) { return problem.is_error == errors; });
}

}  // namespace

void ProblemList::add(bool is_error, const toml::source_position& where, std::string message) {
  // Counted apart: warnings must never crowd out the error that refuses the policy.
  if (count(problems_, is_error) >= kMostProblems) return;
  problems_.push_back({is_error, file_, line_of(where), where.column, std::move(message)});
}

bool ProblemList::is_full() const noexcept { return count(problems_, true) >= kMostProblems; }

void ProblemList::error(const toml::source_position& where, std::string message) {
  add(true, where, std::move(message));
}

void ProblemList::warning(const toml::source_position& where, std::string message) {
  add(false, where, std::move(message));
}

const toml::node* TableReader::take(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node != nullptr && std::find(known_.begin(), known_.end(), key) == known_.end()) ++found_;
  known_.push_back(key);
  return node;
}

std::optional<bool> TableReader::flag(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (const auto value = node->value_exact<bool>()) return *value;
  problems_.error(node->source().begin, in_quotes(key) + " is true or false");
  return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (auto value = node->value_exact<std::string>(); value && !value->empty()) return value;
  problems_.error(node->source().begin, in_quotes(key) + " is a string that is not empty");
  return std::nullopt;
}

std::vector<PlacedText> TableReader::texts(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty() || list->size() > kMostTexts) {
    problems_.error(node->source().begin,
                    in_quotes(key) + " is a list of 1 to 1024 strings, such as [\"a\", \"b\"]");
    return {};
  }
  std::vector<PlacedText> texts;
  for (const toml::node& element : *list) {
    auto value = element.value_exact<std::string>();
    if (!value || value->empty()) {
      problems_.error(element.source().begin,
                      in_quotes(key) + " is a list of strings that are not empty");
      continue;
    }
    texts.push_back({std::move(*value), element.source().begin});
  }
  return texts;
}

std::vector<PlacedText> TableReader::one_or_more_texts(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return {};
  auto alone = node->value_exact<std::string>();
  if (!alone || alone->empty()) return texts(key);
  return {{std::move(*alone), node->source().begin}};
}

const toml::table* TableReader::table(std::string_view key) {
  const toml::node* node = take(key);
  if (node == nullptr) return nullptr;
  const toml::table* table = node->as_table();
  if (table == nullptr) problems_.error(node->source().begin, in_quotes(key) + " is a table");
  return table;
}

void TableReader::finish() {
  if (found_ == table_.size()) return;
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    if (problems_.is_full()) return;
    std::string message = "unknown key " + in_quotes(key.str()) + " in " + std::string(what_);
    const std::string meant = nearest(key.str(), known_);
    if (!meant.empty()) message += "; did you mean " + in_quotes(meant) + '?';
    problems_.error(key.source().begin, std::move(message));
  }
}

}  // namespace modgate
