// SPDX-License-Identifier: Apache-2.0
#include "gate/review/index_query.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <vector>

#include "gate/review/index_tables.h"

namespace modgate {
namespace {

/// What of a selection the index can look up.
struct Wanted {
  std::vector<std::string> persons;  ///< names or decimal uids, all of which the person must be
  std::vector<std::string> names;    ///< of persons
  std::vector<std::int64_t> uids;
  std::vector<std::string> modules;  ///< all of which the plan must have
  std::optional<std::int64_t> outcome;
  std::int64_t since_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();  ///< inclusive

  [[nodiscard]] bool has_person() const {
    return !persons.empty() || !names.empty() || !uids.empty();
  }
  [[nodiscard]] bool has_time() const {
    return since_ms != std::numeric_limits<std::int64_t>::min() ||
           until_ms != std::numeric_limits<std::int64_t>::max();
  }
};

void take_outcome(Wanted& wanted, const std::string& outcome) {
  const std::int64_t code = outcome_code(outcome);
  if (code > kDoneCode) wanted.outcome = code;
}

void take_time(Wanted& wanted, const Condition& condition) {
  const std::int64_t time = condition.number;
  switch (condition.comparison) {
    case Comparison::less:
    case Comparison::at_most:
      wanted.until_ms = std::min(wanted.until_ms, time);
      break;
    case Comparison::more:
    case Comparison::at_least:
      wanted.since_ms = std::max(wanted.since_ms, time);
      break;
    default:
      break;
  }
}

void take_condition(Wanted& wanted, const Condition& condition) {
  if (condition.field == Field::time) return take_time(wanted, condition);
  if (condition.comparison != Comparison::is) return;
  switch (condition.field) {
    case Field::user:
      // Nobody's events have no entry to be looked up by.
      if (!condition.text.empty()) wanted.names.push_back(condition.text);
      break;
    case Field::uid:
      wanted.uids.push_back(condition.number);
      break;
    case Field::module:
    case Field::modules:
      if (!condition.text.empty()) wanted.modules.push_back(condition.text);
      break;
    case Field::outcome:
      take_outcome(wanted, condition.text);
      break;
    default:
      break;
  }
}

Wanted wanted_by(const Selection& selection) {
  Wanted wanted;
  const LogQuery& query = selection.query();
  if (!query.user.empty()) wanted.persons.push_back(query.user);
  if (!query.module.empty()) wanted.modules.push_back(query.module);
  take_outcome(wanted, query.outcome);
  if (query.since_ms > 0) wanted.since_ms = query.since_ms;
  if (query.until_ms > 0) wanted.until_ms = query.until_ms;
  for (const Condition& condition : selection.where().necessary()) {
    take_condition(wanted, condition);
  }
  return wanted;
}

bool helps_with(const Wanted& wanted) {
  return wanted.has_person() || !wanted.modules.empty() || wanted.outcome || wanted.has_time();
}

std::optional<std::int64_t> uid_in(const std::string& text) {
  std::int64_t uid = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, uid);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return uid;
}

bool is_wanted(const Wanted& wanted, const std::string& name, std::int64_t uid) {
  return std::all_of(wanted.persons.begin(), wanted.persons.end(),
                     [&](const std::string& one) { return one == name || uid_in(one) == uid; }) &&
         std::all_of(wanted.names.begin(), wanted.names.end(),
                     [&](const std::string& one) { return one == name; }) &&
         std::all_of(wanted.uids.begin(), wanted.uids.end(),
                     [&](std::int64_t one) { return one == uid; });
}

/// The ids of the persons that fit: a name may have had several uids.
Result<std::vector<std::int64_t>> persons_for(SqlDatabase& database, const Wanted& wanted) {
  std::vector<std::int64_t> ids;
  auto rows = database.prepare("SELECT id, name, uid FROM person");
  if (!rows) return rows.error();
  while (true) {
    auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return ids;
    if (is_wanted(wanted, rows->text(1), rows->number(2))) ids.push_back(rows->number(0));
  }
}

/// The ids of the modules; nullopt where one of them is in no event.
Result<std::optional<std::vector<std::int64_t>>> modules_for(SqlDatabase& database,
                                                             const Wanted& wanted) {
  using Ids = std::optional<std::vector<std::int64_t>>;
  std::vector<std::int64_t> ids;
  auto find = database.prepare("SELECT id FROM module WHERE name = ?1");
  if (!find) return find.error();
  for (const std::string& name : wanted.modules) {
    find->bind(1, name);
    auto row = find->step();
    if (!row) return row.error();
    if (!*row) return Ids();
    ids.push_back(find->number(0));
    find->reset();
  }
  return Ids(std::move(ids));
}

struct Ids {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Between which lines a time can stand.
Result<Ids> ids_for(SqlDatabase& database, const Wanted& wanted) {
  auto span = database.prepare(
      "SELECT (SELECT first_id FROM span WHERE last_ms >= ?1 ORDER BY first_id LIMIT 1),"
      "       (SELECT last_id FROM span WHERE first_ms <= ?2 ORDER BY first_id DESC LIMIT 1)");
  if (!span) return span.error();
  span->bind(1, wanted.since_ms);
  span->bind(2, wanted.until_ms);
  auto row = span->step();
  if (!row) return row.error();
  // Where there is no such line, the first is 0 and so is the last.
  return Ids{span->number(0), span->number(0) == 0 ? -1 : span->number(1)};
}

std::string sql_for(const Wanted& wanted, const std::vector<std::int64_t>& persons,
                    const std::vector<std::int64_t>& modules, const Ids& ids, bool backwards) {
  const bool by_module = !wanted.has_person() && !modules.empty();
  const std::string id = by_module ? "m.event" : "e.id";
  std::string sql = "SELECT e.segment, e.offset, e.length FROM ";
  sql += by_module             ? "module_event m CROSS JOIN event e ON e.id = m.event"
         : wanted.has_person() ? "person_event e"
                               : "event e";
  sql +=
      " WHERE " + id + " BETWEEN " + std::to_string(ids.first) + " AND " + std::to_string(ids.last);
  if (by_module) sql += " AND m.module = " + std::to_string(modules.front());
  for (std::size_t at = by_module ? 1 : 0; at < modules.size(); ++at) {
    sql += " AND EXISTS (SELECT 1 FROM module_event WHERE module = " + std::to_string(modules[at]) +
           " AND event = e.id)";
  }
  if (wanted.has_person()) {
    sql += " AND e.person IN (";
    for (std::size_t at = 0; at < persons.size(); ++at) {
      sql += (at == 0 ? "" : ", ") + std::to_string(persons[at]);
    }
    sql += ')';
  }
  if (wanted.outcome) {
    // The partial index is used only where its own condition stands in the query. A + keeps the
    // planner from it where another index is the better one.
    const bool leads = !by_module && !wanted.has_person();
    sql += leads ? " AND e.outcome > 1 AND e.outcome = " : " AND +e.outcome = ";
    sql += std::to_string(*wanted.outcome);
  }
  return sql + " ORDER BY " + id + (backwards ? " DESC" : "");
}

}  // namespace

bool index_helps(const Selection& selection) { return helps_with(wanted_by(selection)); }

Result<std::optional<std::string>> index_query(SqlDatabase& database, const Selection& selection,
                                               bool backwards) {
  using Query = std::optional<std::string>;
  const Wanted wanted = wanted_by(selection);
  auto persons = persons_for(database, wanted);
  if (!persons) return persons.error();
  auto modules = modules_for(database, wanted);
  if (!modules) return modules.error();
  if ((wanted.has_person() && persons->empty()) || !*modules) return Query();
  auto ids = ids_for(database, wanted);
  if (!ids) return ids.error();
  return Query(sql_for(wanted, *persons, **modules, *ids, backwards));
}

}  // namespace modgate
