// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/verify.h"

#include <fcntl.h>

#include "gate/audit/classification.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/line_scan.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/stored_event.h"

namespace modgate {
namespace {

/// Walks lines over all segments.
class Walk {
 public:
  Walk(int directory, const std::vector<Segment>& segments)
      : directory_(directory), segments_(segments) {}

  enum class Found { line, end, torn, failed };

  Found next(std::string_view& line) {
    while (true) {
      if (!reader_) {
        if (at_ >= segments_.size()) return Found::end;
        auto file = open_segment(directory_, segments_[at_].name, O_RDONLY);
        if (!file) {
          error_ = file.error();
          return Found::failed;
        }
        reader_.emplace(std::move(*file));
        line_ = 0;
      }
      switch (reader_->next(line)) {
        case LineReader::Found::line:
          ++line_;
          return Found::line;
        case LineReader::Found::too_long:
          ++line_;
          return Found::torn;
        case LineReader::Found::failed:
          error_ = log_error(segment(), reader_->error_code());
          return Found::failed;
        case LineReader::Found::end:
          break;
      }
      if (reader_->rest_bytes() > 0) {
        ++line_;
        return Found::torn;
      }
      reader_.reset();
      ++at_;
    }
  }

  [[nodiscard]] bool in_last_segment() const noexcept { return at_ + 1 >= segments_.size(); }
  [[nodiscard]] bool at_segment_start() const noexcept { return line_ == 1; }
  [[nodiscard]] std::uint64_t segment_first() const noexcept { return segments_[at_].first; }
  [[nodiscard]] const std::string& segment() const noexcept { return segments_[at_].name; }
  [[nodiscard]] std::uint64_t line_number() const noexcept { return line_; }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  int directory_;
  const std::vector<Segment>& segments_;
  std::size_t at_ = 0;
  std::optional<LineReader> reader_;
  std::uint64_t line_ = 0;
  Error error_;
};

/// Whether record `sequence` stands anywhere behind where `walk` is.
Result<bool> stands_later(Walk& walk, StoredLine& parser, std::uint64_t sequence) {
  std::string_view line;
  while (true) {
    const Walk::Found found = walk.next(line);
    if (found == Walk::Found::failed) return walk.error();
    if (found != Walk::Found::line) return false;
    if (!parser.parse(line)) continue;
    const auto head = parser.head();
    if (head && head->sequence == sequence) return true;
  }
}

BrokenRecord broken_at(const Walk& walk, std::uint64_t sequence, Damage damage,
                       const std::string& why) {
  return {sequence, damage, walk.segment(), walk.line_number(),
          "record " + std::to_string(sequence) + " is " + word(damage) + ": " + why};
}

Result<BrokenRecord> out_of_order(Walk& walk, StoredLine& parser, std::uint64_t expected,
                                  std::uint64_t found) {
  const std::string in_its_place = "record " + std::to_string(found) + " stands in its place";
  if (found < expected) return broken_at(walk, found, Damage::reordered, "it stands twice");
  BrokenRecord broken = broken_at(walk, expected, Damage::missing, in_its_place);
  auto later = stands_later(walk, parser, expected);
  if (!later) return later.error();
  if (*later) {
    broken.damage = Damage::reordered;
    broken.message = "record " + std::to_string(expected) + " is reordered: " + in_its_place;
  }
  return broken;
}

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

/// Whether the line is what has to come next, as far as its place and the chain tell. The bytes of
/// any line but the last are then held by the one behind it.
bool is_next(const Walk& walk, std::string_view line, const Verified& so_far) {
  const auto scanned = scan_line(line);
  return scanned && scanned->sequence == so_far.last + 1 && scanned->prev == so_far.head &&
         (!walk.at_segment_start() || walk.segment_first() == scanned->sequence);
}

/// The first thing that is wrong with a whole line, or nullopt.
Result<std::optional<BrokenRecord>> look_at(Walk& walk, StoredLine& parser, std::string_view line,
                                            const Verified& so_far) {
  using Maybe = std::optional<BrokenRecord>;
  const std::uint64_t expected = so_far.last + 1;
  const bool parsed = parser.parse(line);
  const auto head = parsed ? parser.head() : std::nullopt;
  if (!head) {
    // Said of where the walk is now: to see whether more follows it has to go on.
    const std::string why = "its line is no record";
    BrokenRecord torn = broken_at(walk, expected, Damage::torn, why);
    BrokenRecord edited = broken_at(walk, expected, Damage::edited, why);
    std::string_view next;
    const bool is_last = walk.in_last_segment() && walk.next(next) == Walk::Found::end;
    return Maybe(!parsed && is_last ? std::move(torn) : std::move(edited));
  }
  if (head->sequence != expected) {
    auto broken = out_of_order(walk, parser, expected, head->sequence);
    if (!broken) return broken.error();
    return Maybe(std::move(*broken));
  }
  // Of the first line behind what was removed the record of the removal has to tell.
  if (!so_far.head.empty() && head->prev != so_far.head) {
    // The record before it was sound in itself, so that only its bytes can be others than then.
    const std::uint64_t edited = expected == 1 ? 1 : expected - 1;
    return Maybe(broken_at(walk, edited, Damage::edited,
                           "record " + std::to_string(expected) + " names another hash of it"));
  }
  if (walk.at_segment_start() && walk.segment_first() != expected) {
    return Maybe(broken_at(walk, expected, Damage::reordered, "its segment bears another number"));
  }
  return Maybe();
}

/// What stood before a log that does not begin with record 1.
class Beginning {
 public:
  explicit Beginning(const std::vector<Segment>& segments)
      : first_(segments.empty() ? 1 : segments.front().first) {}

  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }
  [[nodiscard]] bool is_explained() const noexcept { return first_ == 1 || recorded_in_ > 0; }
  [[nodiscard]] std::optional<RemovedByRetention> removed() const {
    if (recorded_in_ == 0) return std::nullopt;
    return RemovedByRetention{first_ - 1, recorded_in_};
  }

  /// Takes in a record that is sound in itself. The record of a removal may name more than is gone:
  /// what a crash left of it goes the next time.
  void look_at(const StoredLine& line) {
    if (is_explained()) return;
    const auto head = line.head();
    if (!head) return;
    if (head->sequence == first_) first_prev_ = head->prev;
    if (head->kind != kind_word(RecordKind::retention)) return;
    const auto from = number_at(line.root(), "/unmapped/modgate/removed/from");
    const auto to = number_at(line.root(), "/unmapped/modgate/removed/to");
    const bool covers = from && to && *from < first_ && first_ <= *to + 1;
    const bool borders = to && *to + 1 == first_;
    if (covers &&
        (!borders || text_at(line.root(), "/unmapped/modgate/removed/last_hash") == first_prev_)) {
      recorded_in_ = head->sequence;
    }
  }

  [[nodiscard]] BrokenRecord unexplained(const std::string& segment) const {
    return {1, Damage::missing, segment, 1,
            "record 1 is missing: the log begins with record " + std::to_string(first_) +
                ", and no record says that those before it were removed by retention"};
  }

 private:
  std::uint64_t first_;
  std::string first_prev_;
  std::uint64_t recorded_in_ = 0;
};

/// Nothing is proven of a log whose beginning nobody explains.
Verified nothing_but(BrokenRecord broken) {
  Verified verified;
  verified.broken = std::move(broken);
  return verified;
}

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

Result<Verified> verify_log(int directory) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  Walk walk(directory, *segments);
  StoredLine parser;
  Verified verified;
  Beginning beginning(*segments);
  if (beginning.first() != 1) {
    verified.last = beginning.first() - 1;
    verified.head.clear();
  }
  std::string_view line;
  while (true) {
    switch (walk.next(line)) {
      case Walk::Found::end:
        if (!beginning.is_explained())
          return nothing_but(beginning.unexplained(segments->front().name));
        if (verified.records > 0) {
          verified.broken = look_at_last(directory, *segments, parser, verified.last);
          if (verified.broken) --verified.records;
        }
        return verified;
      case Walk::Found::failed:
        return walk.error();
      case Walk::Found::torn:
        verified.broken = broken_at(walk, verified.last + 1, Damage::torn, "its line has no end");
        return verified;
      case Walk::Found::line:
        break;
    }
    // The bytes may be gone once the walk has looked further.
    std::string hash = chain_hash(line);
    // While the beginning is not explained, each line may be the one that explains it.
    if (beginning.is_explained() && is_next(walk, line, verified)) {
      ++verified.records;
      ++verified.last;
      verified.head = std::move(hash);
      continue;
    }
    auto broken = look_at(walk, parser, line, verified);
    if (!broken) return broken.error();
    if (*broken) {
      verified.broken = std::move(*broken);
      if (verified.broken->sequence <= verified.last && verified.records > 0) --verified.records;
      return verified;
    }
    beginning.look_at(parser);
    verified.removed = beginning.removed();
    ++verified.records;
    ++verified.last;
    verified.head = std::move(hash);
  }
}

}  // namespace modgate
