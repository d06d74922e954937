// SPDX-License-Identifier: Apache-2.0
#include "gate/review/index_tables.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

#include "gate/audit/chain.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"
#include "gate/review/event_view.h"
#include "gate/review/log_stream.h"

namespace modgate {
namespace {

constexpr std::int64_t kTablesVersion = 2;
/// Entries that are counted in each use.
constexpr std::int64_t kCountedLines = 128;

/// `event.id` counts the lines of the log, so that every index is in the order of the log by itself
/// (a rowid stands at the end of each). Times need none: `span` says which ids a time can have,
/// also where the clock was set back.
constexpr const char* kTables = R"(
CREATE TABLE segment(first INTEGER PRIMARY KEY, bytes INTEGER, first_id INTEGER, rows INTEGER,
                     digest TEXT, last_line TEXT, inode INTEGER, changed_ns INTEGER);
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, uid INTEGER, UNIQUE(name, uid));
CREATE TABLE module(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE event(id INTEGER PRIMARY KEY, person INTEGER, outcome INTEGER, segment INTEGER,
                   offset INTEGER, length INTEGER);
CREATE INDEX event_outcome ON event(outcome) WHERE outcome > 1;
CREATE TABLE person_event(person INTEGER, id INTEGER, outcome INTEGER, segment INTEGER,
                          offset INTEGER, length INTEGER, PRIMARY KEY(person, id)) WITHOUT ROWID;
CREATE TABLE module_event(module INTEGER, event INTEGER, PRIMARY KEY(module, event)) WITHOUT ROWID;
CREATE TABLE span(first_id INTEGER PRIMARY KEY, last_id INTEGER, first_ms INTEGER, last_ms INTEGER);
PRAGMA user_version = 2;
)";

/// Cheap, for the segment that is being written: its file changes with every record.
Result<bool> ends_alike(Fd file, const IndexedSegment& segment) {
  BackwardReader reader(std::move(file), segment.bytes);
  std::string_view line;
  auto found = reader.next(line);
  if (!found) return found.error();
  return *found && chain_hash(line) == segment.last_line;
}

Result<bool> is_same(const OpenLog& log, const IndexedSegment& segment, bool is_last) {
  if (segment.rows == 0) return true;
  auto file = open_segment(log.directory.get(), segment_name(segment.first), O_RDONLY);
  if (!file) {
    if (file.error().code == ENOENT) return false;
    return file.error();
  }
  struct stat state = {};
  if (::fstat(file->get(), &state) != 0) return log_error(segment_name(segment.first), errno);
  const auto size = static_cast<std::uint64_t>(state.st_size);
  const std::int64_t changed = state.st_ctim.tv_sec * 1'000'000'000 + state.st_ctim.tv_nsec;
  if (size < segment.bytes || (!is_last && size != segment.bytes)) return false;
  if (state.st_ino == segment.inode && changed == segment.changed_ns) return true;
  if (is_last) return ends_alike(std::move(*file), segment);
  return has_same_lines(log, segment);
}

/// Whether there are entries for every line, of a hundred lines chosen by chance.
Result<bool> is_complete(SqlDatabase& database, const IndexedSegment& last) {
  const std::int64_t lines = last.first_id + last.rows - 1;
  if (lines < 1) return true;
  std::random_device chance;
  const std::int64_t window = std::min(kCountedLines, lines);
  const std::int64_t first = 1 + static_cast<std::int64_t>(chance()) % (lines - window + 1);
  auto count = database.prepare(
      "SELECT count(*) FROM event e WHERE id >= ?1 AND id < ?2 AND (person = 0 OR EXISTS "
      "(SELECT 1 FROM person_event WHERE person = e.person AND id = e.id))");
  if (!count) return count.error();
  count->bind(1, first);
  count->bind(2, first + window);
  auto row = count->step();
  if (!row) return row.error();
  return *row && count->number(0) == window;
}

}  // namespace

std::int64_t outcome_code(std::string_view outcome) noexcept {
  if (outcome.empty()) return 0;
  const auto* found = std::find(kOutcomes.begin(), kOutcomes.end(), outcome);
  return kDoneCode + (found - kOutcomes.begin());
}

std::string chained(const std::string& digest, std::string_view line_hash) {
  return chain_hash(digest + std::string(line_hash));
}

Result<bool> has_same_lines(const OpenLog& log, const IndexedSegment& segment) {
  auto file = open_segment(log.directory.get(), segment_name(segment.first), O_RDONLY);
  if (!file) return file.error();
  LineReader reader(std::move(*file));
  std::string digest;
  std::string_view line;
  while (reader.offset() < segment.bytes) {
    const auto found = reader.next(line);
    if (found == LineReader::Found::failed) {
      return log_error(segment_name(segment.first), reader.error_code());
    }
    if (found != LineReader::Found::line) return false;
    digest = chained(digest, chain_hash(line));
  }
  return reader.offset() == segment.bytes && digest == segment.digest;
}

Status make_index_tables(SqlDatabase& database) {
  for (const char* setting : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
                              "PRAGMA cache_size = -65536", "PRAGMA cell_size_check = ON"}) {
    if (auto set = database.run(setting); !set) return set;
  }
  auto version = database.prepare("PRAGMA user_version");
  if (!version) return version.error();
  auto row = version->step();
  if (!row) return row.error();
  const std::int64_t found = version->number(0);
  version->reset();
  if (found == kTablesVersion) return Done{};
  if (found != 0) return Error{Outcome::failed, "the index is another version's"};
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  if (auto made = database.run(kTables); !made) return made;
  return database.run("COMMIT");
}

Result<std::vector<IndexedSegment>> indexed_segments(SqlDatabase& database) {
  auto rows = database.prepare(
      "SELECT first, bytes, first_id, rows, digest, last_line, inode, changed_ns FROM segment "
      "ORDER BY first");
  if (!rows) return rows.error();
  std::vector<IndexedSegment> segments;
  while (true) {
    auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return segments;
    IndexedSegment segment;
    segment.first = static_cast<std::uint64_t>(rows->number(0));
    segment.bytes = static_cast<std::uint64_t>(rows->number(1));
    segment.first_id = rows->number(2);
    segment.rows = rows->number(3);
    segment.digest = rows->text(4);
    segment.last_line = rows->text(5);
    segment.inode = static_cast<std::uint64_t>(rows->number(6));
    segment.changed_ns = rows->number(7);
    segments.push_back(std::move(segment));
  }
}

Status store_segment(SqlDatabase& database, const IndexedSegment& segment) {
  auto store =
      database.prepare("INSERT OR REPLACE INTO segment VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  if (!store) return store.error();
  store->bind(1, static_cast<std::int64_t>(segment.first));
  store->bind(2, static_cast<std::int64_t>(segment.bytes));
  store->bind(3, segment.first_id);
  store->bind(4, segment.rows);
  store->bind(5, segment.digest);
  store->bind(6, segment.last_line);
  store->bind(7, static_cast<std::int64_t>(segment.inode));
  store->bind(8, segment.changed_ns);
  return store->run();
}

Result<bool> index_fits(SqlDatabase& database, const OpenLog& log) {
  auto indexed = indexed_segments(database);
  if (!indexed) return indexed.error();
  if (indexed->empty()) return true;
  auto segments = list_segments(log.directory.get());
  if (!segments) return segments.error();
  if (segments->size() < indexed->size()) return false;
  for (std::size_t at = 0; at < indexed->size(); ++at) {
    if ((*segments)[at].first != (*indexed)[at].first) return false;
    auto same = is_same(log, (*indexed)[at], at + 1 == indexed->size());
    if (!same || !*same) return same;
  }
  return is_complete(database, indexed->back());
}

}  // namespace modgate
