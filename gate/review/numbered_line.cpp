// SPDX-License-Identifier: Apache-2.0
#include "gate/review/numbered_line.h"

#include <fcntl.h>

#include "gate/audit/log_directory.h"
#include "gate/audit/stored_event.h"
#include "gate/review/log_stream.h"

namespace modgate {
namespace {

Error no_record(std::uint64_t sequence) {
  return {Outcome::failed, sequence == 0 ? "the log is empty"
                                         : "the log has no record #" + std::to_string(sequence)};
}

Result<NumberedLine> last_record(const OpenLog& log) {
  auto end = end_of_log(log);
  if (!end) return end.error();
  if (end->offset == 0) return no_record(0);
  auto file = open_segment(log.directory.get(), segment_name(end->segment), O_RDONLY);
  if (!file) return file.error();
  BackwardReader lines(std::move(*file), end->offset);
  std::string_view text;
  auto more = lines.next(text);
  if (!more) return more.error();
  StoredLine line;
  const auto head = *more && line.parse(text) ? line.head() : std::nullopt;
  if (!head) return Error{Outcome::failed, "the last line is no record; see: modgate log verify"};
  return NumberedLine{head->sequence, std::string(text)};
}

}  // namespace

Result<NumberedLine> find_numbered(const OpenLog& log, std::uint64_t sequence) {
  if (sequence == 0) return last_record(log);
  auto segments = list_segments(log.directory.get());
  if (!segments) return segments.error();
  LogPosition from;
  // A segment is called by its first record.
  for (const Segment& segment : *segments) {
    if (segment.first <= sequence) from.segment = segment.first;
  }
  LogStream lines(log, from);
  StoredLine line;
  while (true) {
    std::string_view text;
    auto more = lines.next(text);
    if (!more) return more.error();
    if (!*more || lines.position().segment > sequence) return no_record(sequence);
    if (!line.parse(text)) continue;
    const auto head = line.head();
    if (head && head->sequence == sequence) return NumberedLine{sequence, std::string(text)};
  }
}

}  // namespace modgate
