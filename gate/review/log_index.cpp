// SPDX-License-Identifier: Apache-2.0
#include "gate/review/log_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "gate/audit/chain.h"
#include "gate/review/index_builder.h"
#include "gate/review/index_tables.h"

namespace modgate {
namespace {

constexpr const char* kRootFolder = "/var/cache/modgate";

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

/// Of numbers alone: nothing that a person wrote stands in it.
std::string sql_for(const Wanted& wanted, const std::vector<std::int64_t>& persons,
                    const std::vector<std::int64_t>& modules, const Ids& ids, bool backwards) {
  const bool by_module = !wanted.has_person() && !modules.empty();
  const std::string id = by_module ? "m.event" : "e.id";
  std::string sql = "SELECT e.segment, e.offset, e.length FROM ";
  sql += by_module ? "module_event m CROSS JOIN event e ON e.id = m.event" : "event e";
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

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{Outcome::failed, path + ": " + std::strerror(errno), errno};
  }
  return Done{};
}

/// What a person's own environment names, as it should be.
std::optional<std::string> absolute_in_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value != '/') return std::nullopt;
  return value;
}

void remove_file(const std::string& path) {
  // What cannot be removed cannot be opened anew either, and then the log itself is read.
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
    static_cast<void>(::unlink((path + ending).c_str()));
  }
}

}  // namespace

Result<std::string> LogIndex::folder() {
  std::string folder = kRootFolder;
  if (::geteuid() != 0) {
    std::string caches;
    if (const auto cache = absolute_in_environment("XDG_CACHE_HOME")) {
      caches = *cache;
    } else if (const auto home = absolute_in_environment("HOME")) {
      caches = *home + "/.cache";
    } else {
      return Error{Outcome::failed, "no folder for caches: set HOME"};
    }
    if (auto made = make_folder(caches); !made) return made.error();
    folder = caches + "/modgate";
  }
  if (auto made = make_folder(folder); !made) return made.error();
  struct stat state = {};
  const Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened || ::fstat(opened.get(), &state) != 0) {
    return Error{Outcome::failed, folder + ": " + std::strerror(errno), errno};
  }
  if (state.st_uid != ::geteuid() || (state.st_mode & 0022U) != 0) {
    return Error{Outcome::failed, folder + " is not this user's alone"};
  }
  return folder;
}

Result<LogIndex> LogIndex::open_fitting(const std::string& path, const OpenLog& log,
                                        const Progress& progress) {
  auto database = SqlDatabase::open(path);
  if (!database) return database.error();
  LogIndex index(std::move(*database), path);
  if (auto made = make_index_tables(index.database_); !made) return made.error();
  auto fits = index_fits(index.database_, log);
  if (!fits) return fits.error();
  if (!*fits) return Error{Outcome::failed, "the index does not fit the log"};
  auto end = IndexBuilder(index.database_, log).catch_up(progress);
  if (!end) return end.error();
  index.end_ = *end;
  return index;
}

Result<LogIndex> LogIndex::open(const std::string& folder, const OpenLog& log,
                                const Progress& progress) {
  const CHandle<char, std::free> real(::realpath(log.path.c_str(), nullptr));
  const std::string name = chain_hash(real == nullptr ? log.path : std::string(real.get()));
  const std::string path = folder + "/log-" + name.substr(0, 32) + ".sqlite";
  auto index = open_fitting(path, log, progress);
  // Another process that is building it right now must not lose its file.
  if (index || (index.error().code & 0xff) == SQLITE_BUSY) return index;
  remove_file(path);
  return open_fitting(path, log, progress);
}

bool LogIndex::helps(const Selection& selection) { return helps_with(wanted_by(selection)); }

void LogIndex::forget() const { remove_file(path_); }

Status LogIndex::candidates(const Selection& selection, bool backwards, const Take& take) {
  const Wanted wanted = wanted_by(selection);
  auto persons = persons_for(database_, wanted);
  if (!persons) return persons.error();
  auto modules = modules_for(database_, wanted);
  if (!modules) return modules.error();
  if ((wanted.has_person() && persons->empty()) || !*modules) return Done{};
  auto ids = ids_for(database_, wanted);
  if (!ids) return ids.error();
  auto rows = database_.prepare(sql_for(wanted, *persons, **modules, *ids, backwards).c_str());
  if (!rows) return rows.error();
  while (true) {
    auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    auto more = take({static_cast<std::uint64_t>(rows->number(0)),
                      static_cast<std::uint64_t>(rows->number(1)),
                      static_cast<std::uint32_t>(rows->number(2))});
    if (!more) return more.error();
    if (!*more) return Done{};
  }
}

}  // namespace modgate
