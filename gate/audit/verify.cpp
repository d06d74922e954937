// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/verify.h"

#include <fcntl.h>

#include "gate/audit/hashed_lines.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/log_beginning.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/stored_event.h"

namespace modgate {
namespace {

/// The lines behind a place, one after the other.
class LinesBehind {
 public:
  LinesBehind(int directory, const std::vector<Segment>& segments, const SegmentLine& place)
      : directory_(directory), segments_(segments), at_(place.segment), skip_(place.number) {}

  enum class Found { line, end, torn, failed };

  Found next(std::string_view& line) {
    while (at_ < segments_.size()) {
      if (!reader_) {
        auto file = open_segment(directory_, segments_[at_].name, O_RDONLY);
        if (!file) return fail(file.error());
        reader_.emplace(std::move(*file));
      }
      switch (reader_->next(line)) {
        case LineReader::Found::line:
          if (skip_ == 0) return Found::line;
          --skip_;
          continue;
        case LineReader::Found::too_long:
          return Found::torn;
        case LineReader::Found::failed:
          return fail(log_error(segments_[at_].name, reader_->error_code()));
        case LineReader::Found::end:
          break;
      }
      if (reader_->rest_bytes() > 0) return Found::torn;
      reader_.reset();
      skip_ = 0;
      ++at_;
    }
    return Found::end;
  }

  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Found fail(Error error) {
    error_ = std::move(error);
    return Found::failed;
  }

  int directory_;
  const std::vector<Segment>& segments_;
  std::size_t at_;
  std::uint64_t skip_;  ///< lines of the segment before the place
  std::optional<LineReader> reader_;
  Error error_;
};

/// The last record has none behind it that would hold its bytes.
std::optional<BrokenRecord> look_at_last(int directory, const std::vector<Segment>& segments,
                                         StoredLine& parser, std::uint64_t sequence) {
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    const auto line = last_line(directory, segment->name);
    if (!line || line->empty()) continue;
    if (parser.parse(*line) && parser.head()) return std::nullopt;
    return BrokenRecord{sequence, Damage::torn, segment->name, sequence - segment->first + 1,
                        "record " + std::to_string(sequence) + " is torn: its line is no record"};
  }
  return std::nullopt;
}

/// Holds one line after the other against what has to come next.
class ChainCheck {
 public:
  ChainCheck(int directory, const std::vector<Segment>& segments, const LeafTaken& taken)
      : directory_(directory), segments_(segments), taken_(taken), beginning_(segments) {
    if (beginning_.first() == 1) return;
    verified_.last = beginning_.first() - 1;
    verified_.head.clear();
  }

  /// False at the first line that is broken.
  bool take(const HashedLine& line) {
    if (!is_next(line) || beginning_.wants(line.scanned->sequence, line.text)) {
      auto broken = look_at(line);
      if (!broken) {
        error_ = broken.error();
        return false;
      }
      if (*broken) {
        verified_.broken = std::move(**broken);
        if (verified_.broken->sequence <= verified_.last && verified_.records > 0) {
          --verified_.records;
        }
        return false;
      }
      beginning_.look_at(parser_);
      verified_.removed = beginning_.removed();
    }
    ++verified_.records;
    ++verified_.last;
    verified_.head = line.chain;
    if (taken_) taken_(line.leaf);
    return true;
  }

  Result<Verified> finish(const LinesEnd& end) {
    if (error_) return *error_;
    if (verified_.broken) return std::move(verified_);
    if (end.torn) {
      verified_.broken =
          broken_at(*end.torn, verified_.last + 1, Damage::torn, "its line has no end");
      return std::move(verified_);
    }
    if (!beginning_.is_explained()) {
      // Nothing is proven of a log whose beginning nobody explains.
      Verified nothing;
      nothing.broken = BrokenRecord{1, Damage::missing, segments_.front().name, 1,
                                    "record 1 is missing: " + beginning_.unexplained()};
      return nothing;
    }
    if (verified_.records > 0) {
      verified_.broken = look_at_last(directory_, segments_, parser_, verified_.last);
      if (verified_.broken) --verified_.records;
    }
    return std::move(verified_);
  }

 private:
  using Maybe = std::optional<BrokenRecord>;

  /// Whether the line is what has to come next, as far as its place and the chain tell. The bytes
  /// of any line but the last are then held by the one behind it. Of the first line behind what was
  /// removed the record of the removal has to tell.
  [[nodiscard]] bool is_next(const HashedLine& line) const {
    return line.scanned && line.scanned->sequence == verified_.last + 1 &&
           (verified_.head.empty() || line.scanned->prev == verified_.head) &&
           is_where_it_belongs(line.place, line.scanned->sequence);
  }

  [[nodiscard]] bool is_where_it_belongs(const SegmentLine& place, std::uint64_t sequence) const {
    return place.number != 1 || segments_[place.segment].first == sequence;
  }

  /// The first thing that is wrong with a whole line, or nullopt.
  Result<Maybe> look_at(const HashedLine& line) {
    const std::uint64_t expected = verified_.last + 1;
    const bool parsed = parser_.parse(line.text);
    const auto head = parsed ? parser_.head() : std::nullopt;
    if (!head) {
      const bool torn = !parsed && is_last(line.place);
      return Maybe(broken_at(line.place, expected, torn ? Damage::torn : Damage::edited,
                             "its line is no record"));
    }
    if (head->sequence != expected) {
      auto broken = out_of_order(line.place, head->sequence);
      if (!broken) return broken.error();
      return Maybe(std::move(*broken));
    }
    if (!verified_.head.empty() && head->prev != verified_.head) {
      // The record before it was sound in itself, so that only its bytes can be others than then.
      const std::uint64_t edited = expected == 1 ? 1 : expected - 1;
      return Maybe(broken_at(line.place, edited, Damage::edited,
                             "record " + std::to_string(expected) + " names another hash of it"));
    }
    if (!is_where_it_belongs(line.place, expected)) {
      return Maybe(
          broken_at(line.place, expected, Damage::reordered, "its segment bears another number"));
    }
    return Maybe();
  }

  Result<BrokenRecord> out_of_order(const SegmentLine& place, std::uint64_t found) {
    const std::uint64_t expected = verified_.last + 1;
    if (found < expected) return broken_at(place, found, Damage::reordered, "it stands twice");
    auto later = stands_behind(place, expected);
    if (!later) return later.error();
    return broken_at(place, expected, *later ? Damage::reordered : Damage::missing,
                     "record " + std::to_string(found) + " stands in its place");
  }

  /// Whether the record stands anywhere behind the place.
  Result<bool> stands_behind(const SegmentLine& place, std::uint64_t sequence) const {
    LinesBehind lines(directory_, segments_, place);
    StoredLine parser;
    std::string_view line;
    while (true) {
      const LinesBehind::Found found = lines.next(line);
      if (found == LinesBehind::Found::failed) return lines.error();
      if (found != LinesBehind::Found::line) return false;
      if (!parser.parse(line)) continue;
      const auto head = parser.head();
      if (head && head->sequence == sequence) return true;
    }
  }

  [[nodiscard]] bool is_last(const SegmentLine& place) const {
    if (place.segment + 1 < segments_.size()) return false;
    std::string_view next;
    return LinesBehind(directory_, segments_, place).next(next) == LinesBehind::Found::end;
  }

  [[nodiscard]] BrokenRecord broken_at(const SegmentLine& place, std::uint64_t sequence,
                                       Damage damage, const std::string& why) const {
    return {sequence, damage, segments_[place.segment].name, place.number,
            "record " + std::to_string(sequence) + " is " + word(damage) + ": " + why};
  }

  int directory_;
  const std::vector<Segment>& segments_;
  const LeafTaken& taken_;
  StoredLine parser_;
  LogBeginning beginning_;
  Verified verified_;
  std::optional<Error> error_;
};

}  // namespace

const char* word(Damage damage) noexcept {
  switch (damage) {
    case Damage::torn:
      return "torn";
    case Damage::edited:
      return "edited";
    case Damage::missing:
      return "missing";
    case Damage::reordered:
      return "reordered";
    case Damage::forked:
      return "forked";
    case Damage::rolled_back:
      return "rolled back";
    case Damage::shorter:
      break;
  }
  return "shorter than a checkpoint";
}

Result<Verified> verify_log(int directory, const LeafTaken& taken) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  ChainCheck check(directory, *segments, taken);
  auto end = for_each_hashed_line(directory, *segments,
                                  [&check](const HashedLine& line) { return check.take(line); });
  if (!end) return end.error();
  return check.finish(*end);
}

}  // namespace modgate
