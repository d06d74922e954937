// SPDX-License-Identifier: Apache-2.0
#include "gate/review/grouping.h"

#include <algorithm>

namespace modgate {
namespace {

constexpr std::string_view kIntent = "intent";

}  // namespace

Result<Grouping> Grouping::parse(std::string_view names) {
  std::vector<Field> fields;
  while (true) {
    const std::size_t comma = names.find(',');
    const std::string name(names.substr(0, comma));
    const FieldName* field = field_named(name);
    if (field == nullptr) {
      return Error{Outcome::usage, "--group-by: there is no field '" + name + "'"};
    }
    if (std::find(fields.begin(), fields.end(), field->field) != fields.end()) {
      return Error{Outcome::usage, "--group-by: '" + name + "' stands there twice"};
    }
    fields.push_back(field->field);
    if (fields.size() > kMostFields) {
      return Error{Outcome::usage,
                   "--group-by takes at most " + std::to_string(kMostFields) + " fields"};
    }
    if (comma == std::string_view::npos) return Grouping(std::move(fields));
    names.remove_prefix(comma + 1);
  }
}

Grouping::Grouping(std::vector<Field> fields)
    : fields_(std::move(fields)),
      counts_intents_(std::find(fields_.begin(), fields_.end(), Field::kind) != fields_.end()) {}

void Grouping::add(EventView& event) {
  if (!counts_intents_) {
    const auto& kind = event.texts(Field::kind);
    if (!kind.empty() && kind.front() == kIntent) return;
  }
  std::vector<std::string> values;
  values.reserve(fields_.size());
  for (const Field field : fields_) values.push_back(event.shown(field));
  const auto count =
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, event.number(Field::count).value_or(1)));
  auto found = groups_.find(values);
  if (found == groups_.end()) {
    if (groups_.size() >= kMostGroups) {
      rest_ += count;
      return;
    }
    found = groups_.emplace(std::move(values), Counted{}).first;
  }
  Counted& counted = found->second;
  const std::int64_t time = event.number(Field::time).value_or(0);
  counted.first_ms = counted.count == 0 ? time : std::min(counted.first_ms, time);
  counted.last_ms = std::max(counted.last_ms, time);
  counted.count += count;
}

std::vector<Grouping::Row> Grouping::rows() const {
  std::vector<Row> rows;
  rows.reserve(groups_.size());
  for (const auto& [values, counted] : groups_) rows.push_back({values, counted});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.counted.count > b.counted.count; });
  return rows;
}

}  // namespace modgate
