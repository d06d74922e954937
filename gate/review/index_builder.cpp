// SPDX-License-Identifier: Apache-2.0
#include "gate/review/index_builder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "gate/audit/chain.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

/// Lines whose times are told together.
constexpr std::int64_t kSpanLines = 1024;
/// Names that are remembered between lines; more are looked up.
constexpr std::size_t kRemembered = 65536;
constexpr std::int64_t kNoUid = -1;

std::uint64_t bytes_of(const OpenLog& log, const Segment& segment) {
  struct stat state = {};
  const bool found =
      ::fstatat(log.directory.get(), segment.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0;
  return found ? static_cast<std::uint64_t>(state.st_size) : 0;
}

/// `find` gives the id of what is bound to it already, `insert` makes one.
Result<std::int64_t> find_or_insert(SqlStatement& find, SqlStatement& insert) {
  auto row = find.step();
  if (!row) return row.error();
  if (*row) {
    const std::int64_t id = find.number(0);
    find.reset();
    return id;
  }
  auto made = insert.step();
  if (!made) return made.error();
  const std::int64_t id = insert.number(0);
  // RETURNING gives its row before the statement is done.
  if (auto done = insert.step(); !done) return done.error();
  return id;
}

}  // namespace

Status IndexBuilder::prepare() {
  const std::pair<SqlStatement*, const char*> statements[] = {
      {&insert_event_, "INSERT INTO event VALUES(?2, ?1, ?3, ?4, ?5, ?6)"},
      {&insert_person_event_, "INSERT INTO person_event VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
      {&insert_module_event_, "INSERT OR IGNORE INTO module_event VALUES(?1, ?2)"},
      {&insert_span_, "INSERT OR REPLACE INTO span VALUES(?1, ?2, ?3, ?4)"},
      {&find_person_, "SELECT id FROM person WHERE name = ?1 AND uid = ?2"},
      {&insert_person_, "INSERT INTO person(name, uid) VALUES(?1, ?2) RETURNING id"},
      {&find_module_, "SELECT id FROM module WHERE name = ?1"},
      {&insert_module_, "INSERT INTO module(name) VALUES(?1) RETURNING id"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return Done{};
}

Result<LogPosition> IndexBuilder::catch_up(const std::function<void(std::uint64_t)>& progress) {
  auto indexed = indexed_segments(database_);
  if (!indexed) return indexed.error();
  LogPosition end;
  if (!indexed->empty()) end = {indexed->back().first, indexed->back().bytes};
  auto segments = list_segments(log_.directory.get());
  if (!segments) return segments.error();
  std::uint64_t left = 0;
  for (const Segment& segment : *segments) {
    if (segment.first >= end.segment) left += bytes_of(log_, segment);
  }
  left -= std::min(left, end.offset);
  if (left == 0) return end;
  if (auto prepared = prepare(); !prepared) return prepared.error();
  while (true) {
    progress(left);
    if (auto begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun.error();
    const std::uint64_t before = end.offset;
    const std::uint64_t segment = end.segment;
    auto more = take_next_segment(end);
    if (!more) {
      // The first error is the better one.
      static_cast<void>(database_.run("ROLLBACK"));
      return more.error();
    }
    if (auto committed = database_.run("COMMIT"); !committed) return committed.error();
    if (!*more) return end;
    left -= std::min(left, end.segment == segment ? end.offset - before : end.offset);
  }
}

/// Indexes the rest of the segment at `end`, or else the one behind it. False where there is
/// nothing more.
Result<bool> IndexBuilder::take_next_segment(LogPosition& end) {
  // Another process may have come this far meanwhile.
  auto indexed = indexed_segments(database_);
  if (!indexed) return indexed.error();
  IndexedSegment segment;
  if (!indexed->empty()) segment = indexed->back();
  if (auto loaded = load_span(); !loaded) return loaded.error();
  auto segments = list_segments(log_.directory.get());
  if (!segments) return segments.error();
  for (const Segment& one : *segments) {
    if (one.first < segment.first) continue;
    if (one.first > segment.first) {
      segment = IndexedSegment{one.first, 0, segment.first_id + segment.rows, 0, {}, {}, 0, 0};
    }
    const bool is_last = one.first == segments->back().first;
    const IndexedSegment before = segment;
    if (auto taken = take_lines(segment); !taken) return taken.error();
    end = {segment.first, segment.bytes};
    if (auto closed = check_closed(before, segment, is_last); !closed) return closed.error();
    if (auto stored = store_segment(database_, segment); !stored) return stored.error();
    const bool is_news =
        indexed->empty() || one.first != indexed->back().first || segment.rows != before.rows;
    if (!is_news && !is_last) continue;
    if (auto stored = store_span(); !stored) return stored.error();
    return !is_last;
  }
  return false;
}

/// A segment that is no longer written to is compared once more as a whole: while it grew, its last
/// line alone was.
Status IndexBuilder::check_closed(const IndexedSegment& before, const IndexedSegment& now,
                                  bool is_last) {
  if (is_last || before.rows == 0 || before.changed_ns == now.changed_ns) return Done{};
  auto same = has_same_lines(log_, now);
  if (!same) return same.error();
  if (!*same) return Error{Outcome::failed, "the log has changed under the index"};
  return Done{};
}

Status IndexBuilder::take_lines(IndexedSegment& segment) {
  auto file = open_segment(log_.directory.get(), segment_name(segment.first), O_RDONLY);
  if (!file) return file.error();
  struct stat state = {};
  // Before it is read: what is written meanwhile shows as a change later.
  if (::fstat(file->get(), &state) != 0) return log_error(segment_name(segment.first), errno);
  if (::lseek(file->get(), static_cast<off_t>(segment.bytes), SEEK_SET) < 0) {
    return log_error(segment_name(segment.first), errno);
  }
  segment.inode = state.st_ino;
  segment.changed_ns = state.st_ctim.tv_sec * 1'000'000'000 + state.st_ctim.tv_nsec;
  const std::uint64_t begin = segment.bytes;
  LineReader reader(std::move(*file));
  std::string_view line;
  while (true) {
    const auto found = reader.next(line);
    if (found == LineReader::Found::failed) {
      return log_error(segment_name(segment.first), reader.error_code());
    }
    if (found == LineReader::Found::too_long) {
      return Error{Outcome::failed, "a line that is too long cannot be indexed"};
    }
    if (found == LineReader::Found::end) return Done{};
    if (auto taken = take_line(segment, segment.bytes, line); !taken) return taken;
    segment.bytes = begin + reader.offset();
  }
}

Status IndexBuilder::take_line(IndexedSegment& segment, std::uint64_t offset,
                               std::string_view line) {
  const std::int64_t id = segment.first_id + segment.rows;
  ++segment.rows;
  segment.last_line = chain_hash(line);
  segment.digest = chained(segment.digest, segment.last_line);
  std::int64_t person = 0;
  std::int64_t outcome = 0;
  // What is no event fits nothing, and is there only to be counted.
  if (event_.parse(line)) {
    auto found = person_of_event();
    if (!found) return found.error();
    person = *found;
    const auto& outcomes = event_.texts(Field::outcome);
    outcome = outcome_code(outcomes.empty() ? std::string_view() : outcomes.front());
    if (auto taken = take_modules(id); !taken) return taken;
    const std::int64_t time = event_.number(Field::time).value_or(0);
    if (auto extended = extend_span(id, time); !extended) return extended;
  }
  const std::int64_t entry[] = {person,
                                id,
                                outcome,
                                static_cast<std::int64_t>(segment.first),
                                static_cast<std::int64_t>(offset),
                                static_cast<std::int64_t>(line.size())};
  int column = 0;
  for (const std::int64_t value : entry) {
    ++column;
    insert_event_.bind(column, value);
    insert_person_event_.bind(column, value);
  }
  if (auto inserted = insert_event_.run(); !inserted || person == 0) return inserted;
  return insert_person_event_.run();
}

Status IndexBuilder::take_modules(std::int64_t id) {
  for (const std::string_view name : event_.texts(Field::modules)) {
    auto module = module_named(std::string(name));
    if (!module) return module.error();
    insert_module_event_.bind(1, *module);
    insert_module_event_.bind(2, id);
    if (auto inserted = insert_module_event_.run(); !inserted) return inserted;
  }
  return Done{};
}

/// 0 where nobody asked: the helper's own records.
Result<std::int64_t> IndexBuilder::person_of_event() {
  const auto& names = event_.texts(Field::user);
  const std::string name(names.empty() ? std::string_view() : names.front());
  const std::int64_t uid = event_.number(Field::uid).value_or(kNoUid);
  if (name.empty() && uid == kNoUid) return std::int64_t{0};
  const auto known = persons_.find({name, uid});
  if (known != persons_.end()) return known->second;
  for (SqlStatement* statement : {&find_person_, &insert_person_}) {
    statement->bind(1, name);
    statement->bind(2, uid);
  }
  auto id = find_or_insert(find_person_, insert_person_);
  if (id && persons_.size() < kRemembered) persons_.emplace(std::pair{name, uid}, *id);
  return id;
}

Result<std::int64_t> IndexBuilder::module_named(const std::string& name) {
  const auto known = modules_.find(name);
  if (known != modules_.end()) return known->second;
  find_module_.bind(1, name);
  insert_module_.bind(1, name);
  auto id = find_or_insert(find_module_, insert_module_);
  if (id && modules_.size() < kRemembered) modules_.emplace(name, *id);
  return id;
}

Status IndexBuilder::extend_span(std::int64_t id, std::int64_t time_ms) {
  if (span_.first_id != 0 && id - span_.first_id < kSpanLines) {
    span_.last_id = id;
    span_.first_ms = std::min(span_.first_ms, time_ms);
    span_.last_ms = std::max(span_.last_ms, time_ms);
    return Done{};
  }
  if (auto stored = store_span(); !stored) return stored;
  span_ = {id, id, time_ms, time_ms};
  return Done{};
}

Status IndexBuilder::store_span() {
  if (span_.first_id == 0) return Done{};
  insert_span_.bind(1, span_.first_id);
  insert_span_.bind(2, span_.last_id);
  insert_span_.bind(3, span_.first_ms);
  insert_span_.bind(4, span_.last_ms);
  return insert_span_.run();
}

Status IndexBuilder::load_span() {
  auto last = database_.prepare("SELECT * FROM span ORDER BY first_id DESC LIMIT 1");
  if (!last) return last.error();
  auto row = last->step();
  if (!row) return row.error();
  span_ = {};
  if (*row) span_ = {last->number(0), last->number(1), last->number(2), last->number(3)};
  return Done{};
}

}  // namespace modgate
