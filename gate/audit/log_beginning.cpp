// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/log_beginning.h"

#include <fcntl.h>

#include "gate/audit/classification.h"
#include "gate/audit/line_reader.h"

namespace modgate {
namespace {

// Quotes inside values are escaped, so that no name or reason can contain the mark.
constexpr std::string_view kRetentionMark = R"("kind":"retention")";

/// Of one segment, the lines that may explain the beginning.
Status look_through(int directory, const Segment& segment, LogBeginning& beginning) {
  auto file = open_segment(directory, segment.name, O_RDONLY);
  if (!file) return file.error();
  LineReader reader(std::move(*file));
  StoredLine parser;
  std::string_view line;
  for (std::uint64_t sequence = segment.first; !beginning.is_explained(); ++sequence) {
    const LineReader::Found found = reader.next(line);
    if (found == LineReader::Found::failed) return log_error(segment.name, reader.error_code());
    // What else is wrong with a line shows when the segment is walked.
    if (found != LineReader::Found::line) break;
    if (beginning.wants(sequence, line) && parser.parse(line)) beginning.look_at(parser);
  }
  return Done{};
}

}  // namespace

std::optional<RemovedByRetention> LogBeginning::removed() const {
  if (recorded_in_ == 0) return std::nullopt;
  return RemovedByRetention{first_ - 1, recorded_in_};
}

bool LogBeginning::wants(std::uint64_t sequence, std::string_view line) const {
  if (is_explained()) return false;
  return sequence == first_ || line.find(kRetentionMark) != std::string_view::npos;
}

void LogBeginning::look_at(const StoredLine& line) {
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

std::string LogBeginning::unexplained() const {
  return "the log begins with record " + std::to_string(first_) +
         ", and no record says that those before it were removed by retention";
}

Result<LogBeginning> find_beginning(int directory, const std::vector<Segment>& segments) {
  LogBeginning beginning(segments);
  if (beginning.is_explained()) return beginning;
  auto first = numbered_line(directory, beginning.first());
  if (!first) return first.error();
  StoredLine parser;
  if (parser.parse(*first)) beginning.look_at(parser);
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (auto looked = look_through(directory, *segment, beginning); !looked) return looked.error();
  }
  return beginning;
}

}  // namespace modgate
