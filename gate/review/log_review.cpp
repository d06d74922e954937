// SPDX-License-Identifier: Apache-2.0
#include "gate/review/log_review.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "gate/audit/log_directory.h"
#include "gate/review/log_stream.h"
#include "gate/review/place_reader.h"

namespace modgate {
namespace {

/// Lines that were found and are kept until they are shown; of others the place alone.
constexpr std::size_t kMostKeptBytes = std::size_t{32} << 20U;

std::int64_t time_of(const EventView& event) { return event.number(Field::time).value_or(0); }

/// What is not even the shape of an event is left to `modgate log verify`.
bool looks_like_event(std::string_view line) {
  return line.size() > 2 && line.front() == '{' && line.back() == '}';
}

Result<std::uint64_t> bytes_in(const OpenLog& log) {
  auto segments = list_segments(log.directory.get());
  if (!segments) return segments.error();
  std::uint64_t bytes = 0;
  for (const Segment& segment : *segments) {
    struct stat state = {};
    if (::fstatat(log.directory.get(), segment.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0) {
      bytes += static_cast<std::uint64_t>(state.st_size);
    }
  }
  return bytes;
}

/// One of several logs, at its next event that is wanted.
struct Head {
  LogStream stream;
  std::string line;
  std::int64_t time_ms = 0;
  bool has_line = false;
};

}  // namespace

LogReview::LogReview(std::vector<OpenLog> logs, Selection selection, Settings settings)
    : logs_(std::move(logs)),
      positions_(logs_.size()),
      selection_(std::move(selection)),
      settings_(std::move(settings)) {}

void LogReview::begin_at(std::vector<LogPosition> positions) {
  positions_ = std::move(positions);
  begins_within_ = true;
}

bool LogReview::wants_index() const {
  return settings_.index && !begins_within_ && LogIndex::helps(selection_);
}

Status LogReview::read(const EventSink& sink) {
  if (settings_.last == 0 && !wants_index()) return stream(sink);
  if (settings_.last == 0 && logs_.size() == 1) return stream_indexed(sink);
  std::vector<Found> found;
  for (std::size_t log = 0; log < logs_.size(); ++log) {
    if (auto searched = find_in(log, found); !searched) return searched;
  }
  std::sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
    // Within a log its own order counts, whatever its clock said.
    return logs_.size() == 1
               ? a.place < b.place
               : std::tie(a.time_ms, a.log, a.place) < std::tie(b.time_ms, b.log, b.place);
  });
  if (settings_.last > 0 && found.size() > settings_.last) {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(settings_.last));
  }
  return show(found, sink);
}

Status LogReview::read_on(const EventSink& sink) { return stream(sink); }

Status LogReview::stream(const EventSink& sink) {
  return logs_.size() == 1 ? stream_one(sink) : stream_merged(sink);
}

Status LogReview::stream_one(const EventSink& sink) {
  LogStream lines(logs_.front(), positions_.front());
  const bool as_they_are = settings_.lines_alone && selection_.is_all();
  while (true) {
    std::string_view line;
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) break;
    const bool wanted = as_they_are
                            ? looks_like_event(line)
                            : event_.parse(line, logs_.front().path) && selection_.fits(event_);
    if (!wanted) continue;
    if (auto taken = sink(line, event_); !taken) return taken;
  }
  positions_.front() = lines.position();
  return Done{};
}

/// As stream_one(), going where the index leads.
Status LogReview::stream_indexed(const EventSink& sink) {
  auto index = open_index(0);
  if (!index) return index.error();
  if (!*index) return stream_one(sink);
  std::vector<LinePlace> places;
  const auto searched = (*index)->candidates(selection_, false, [&](const LinePlace& place) {
    places.push_back(place);
    return Result<bool>(true);
  });
  if (!searched) places.clear();
  PlaceReader reader(logs_.front());
  bool leads_astray = !searched;
  for (const LinePlace& place : places) {
    auto line = reader.read(place);
    if (!line) {
      leads_astray = true;
      break;
    }
    positions_.front() = {place.segment, place.offset + place.length + 1};
    if (!event_.parse(*line, logs_.front().path) || !selection_.fits(event_)) continue;
    if (auto taken = sink(*line, event_); !taken) return taken;
  }
  if (leads_astray) {
    (*index)->forget();
    return stream_one(sink);
  }
  positions_.front() = (*index)->end();
  return Done{};
}

Status LogReview::stream_merged(const EventSink& sink) {
  std::vector<Head> heads;
  for (std::size_t at = 0; at < logs_.size(); ++at) {
    heads.push_back({LogStream(logs_[at], positions_[at]), {}, 0, false});
  }
  const auto advance = [&](std::size_t at) -> Status {
    Head& head = heads[at];
    head.has_line = false;
    while (!head.has_line) {
      std::string_view line;
      auto more = head.stream.next(line);
      if (!more) return more.error();
      if (!*more) break;
      if (!event_.parse(line, logs_[at].path) || !selection_.fits(event_)) continue;
      head.line = line;
      head.time_ms = time_of(event_);
      head.has_line = true;
    }
    positions_[at] = head.stream.position();
    return Done{};
  };
  for (std::size_t at = 0; at < heads.size(); ++at) {
    if (auto advanced = advance(at); !advanced) return advanced;
  }
  while (true) {
    std::size_t first = heads.size();
    for (std::size_t at = 0; at < heads.size(); ++at) {
      const bool is_earlier = first == heads.size() || heads[at].time_ms < heads[first].time_ms;
      if (heads[at].has_line && is_earlier) first = at;
    }
    if (first == heads.size()) return Done{};
    if (!event_.parse(heads[first].line, logs_[first].path)) return Done{};
    if (auto taken = sink(heads[first].line, event_); !taken) return taken;
    if (auto advanced = advance(first); !advanced) return advanced;
  }
}

/// Notes the event at hand.
void LogReview::add(std::vector<Found>& found, std::size_t log, const LinePlace& place,
                    std::string_view line) {
  found.push_back({time_of(event_), log, place});
  if (kept_bytes_ + line.size() > kMostKeptBytes) return;
  kept_bytes_ += line.size();
  found.back().line = line;
}

Status LogReview::find_in(std::size_t log, std::vector<Found>& found) {
  if (wants_index()) {
    auto indexed = find_by_index(log, found);
    if (!indexed) return indexed.error();
    if (*indexed) return Done{};
  }
  return settings_.last > 0 ? find_backwards(log, found) : find_forwards(log, found);
}

/// nullopt where it is of no use.
Result<std::optional<LogIndex>> LogReview::open_index(std::size_t log) const {
  auto bytes = bytes_in(logs_[log]);
  if (!bytes) return bytes.error();
  if (*bytes < settings_.least_indexed) return std::optional<LogIndex>();
  auto index = LogIndex::open(*settings_.index, logs_[log], settings_.progress);
  if (!index) return std::optional<LogIndex>();
  return std::optional<LogIndex>(std::move(*index));
}

/// False where the index is of no use: then nothing was found.
Result<bool> LogReview::find_by_index(std::size_t log, std::vector<Found>& found) {
  auto opened = open_index(log);
  if (!opened) return opened.error();
  std::optional<LogIndex>& index = *opened;
  if (!index) return false;
  const std::size_t before = found.size();
  PlaceReader reader(logs_[log]);
  const auto searched = index->candidates(
      selection_, settings_.last > 0, [&](const LinePlace& place) -> Result<bool> {
        auto line = reader.read(place);
        if (!line) return line.error();
        if (event_.parse(*line, logs_[log].path) && selection_.fits(event_)) {
          add(found, log, place, *line);
        }
        return settings_.last == 0 || found.size() - before < settings_.last;
      });
  if (!searched) {
    found.resize(before);
    index->forget();
    return false;
  }
  positions_[log] = index->end();
  return true;
}

Status LogReview::find_backwards(std::size_t log, std::vector<Found>& found) {
  auto end = end_of_log(logs_[log]);
  if (!end) return end.error();
  auto segments = list_segments(logs_[log].directory.get());
  if (!segments) return segments.error();
  const LogPosition begin = positions_[log];
  positions_[log] = *end;
  std::uint64_t left = settings_.last;
  for (std::size_t at = segments->size(); at-- > 0 && left > 0;) {
    const Segment& segment = (*segments)[at];
    if (segment.first > end->segment) continue;
    if (segment.first < begin.segment) break;
    auto file = open_segment(logs_[log].directory.get(), segment.name, O_RDONLY);
    if (!file) return file.error();
    auto segment_end = segment.first == end->segment ? Result<std::uint64_t>(end->offset)
                                                     : end_of_lines(*file, segment.name);
    if (!segment_end) return segment_end.error();
    BackwardReader lines(std::move(*file), *segment_end);
    while (left > 0) {
      std::string_view line;
      auto more = lines.next(line);
      if (!more) return more.error();
      if (!*more || (segment.first == begin.segment && lines.offset() < begin.offset)) break;
      if (!event_.parse(line, logs_[log].path) || !selection_.fits(event_)) continue;
      add(found, log, {segment.first, lines.offset(), static_cast<std::uint32_t>(line.size())},
          line);
      --left;
    }
  }
  return Done{};
}

Status LogReview::find_forwards(std::size_t log, std::vector<Found>& found) {
  LogStream lines(logs_[log], positions_[log]);
  while (true) {
    std::string_view line;
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) break;
    if (!event_.parse(line, logs_[log].path) || !selection_.fits(event_)) continue;
    const LogPosition& end = lines.position();
    found.push_back(
        {time_of(event_),
         log,
         {end.segment, end.offset - line.size() - 1, static_cast<std::uint32_t>(line.size())}});
  }
  positions_[log] = lines.position();
  return Done{};
}

Status LogReview::show(const std::vector<Found>& found, const EventSink& sink) {
  std::vector<PlaceReader> readers;
  for (const OpenLog& log : logs_) readers.emplace_back(log);
  for (const Found& one : found) {
    auto line = one.line.empty() ? readers[one.log].read(one.place)
                                 : Result<std::string_view>(std::string_view(one.line));
    if (!line) return line.error();
    // The log is what counts: it may have changed since it was searched.
    if (!event_.parse(*line, logs_[one.log].path) || !selection_.fits(event_)) continue;
    if (auto taken = sink(*line, event_); !taken) return taken;
  }
  return Done{};
}

}  // namespace modgate
