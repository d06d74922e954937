// SPDX-License-Identifier: Apache-2.0
#include "gate/review/where.h"

#include <re2/re2.h>

#include <algorithm>

namespace modgate {
namespace {

bool holds(Comparison comparison, std::int64_t value, std::int64_t wanted) noexcept {
  switch (comparison) {
    case Comparison::is:
    case Comparison::like:
      return value == wanted;
    case Comparison::is_not:
    case Comparison::unlike:
      return value != wanted;
    case Comparison::less:
      return value < wanted;
    case Comparison::at_most:
      return value <= wanted;
    case Comparison::more:
      return value > wanted;
    case Comparison::at_least:
      break;
  }
  return value >= wanted;
}

bool is_number(Field field) {
  const FieldType type = name_of(field).type;
  return type == FieldType::number || type == FieldType::moment;
}

}  // namespace

bool Where::meets(const Node& node, EventView& event) {
  const Condition& condition = node.condition;
  if (is_number(condition.field)) {
    const auto value = event.number(condition.field);
    if (!value) return condition.comparison == Comparison::is_not;
    return holds(condition.comparison, *value, condition.number);
  }
  const auto matches = [&](std::string_view text) {
    return node.pattern
               ? re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *node.pattern)
               : text == condition.text;
  };
  const auto& texts = event.texts(condition.field);
  const bool any = texts.empty() ? matches({}) : std::any_of(texts.begin(), texts.end(), matches);
  const bool negative =
      condition.comparison == Comparison::is_not || condition.comparison == Comparison::unlike;
  return any != negative;
}

// As deep as the expression, which parse() bounds.
bool Where::fits(std::size_t at, EventView& event) const {
  const Node& node = nodes_[at];
  switch (node.kind) {
    case Kind::both:
      return fits(node.left, event) && fits(node.right, event);
    case Kind::either:
      return fits(node.left, event) || fits(node.right, event);
    case Kind::negation:
      return !fits(node.left, event);
    case Kind::condition:
      break;
  }
  return meets(node, event);
}

bool Where::fits(EventView& event) const {
  return nodes_.empty() || fits(nodes_.size() - 1, event);
}

void Where::gather_necessary(std::size_t at, std::vector<Condition>& conditions) const {
  const Node& node = nodes_[at];
  if (node.kind == Kind::condition) conditions.push_back(node.condition);
  if (node.kind != Kind::both) return;
  gather_necessary(node.left, conditions);
  gather_necessary(node.right, conditions);
}

std::vector<Condition> Where::necessary() const {
  std::vector<Condition> conditions;
  if (!nodes_.empty()) gather_necessary(nodes_.size() - 1, conditions);
  return conditions;
}

}  // namespace modgate
