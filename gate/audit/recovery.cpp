// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/recovery.h"

#include <fcntl.h>

#include <algorithm>
#include <map>

#include "gate/audit/line_reader.h"
#include "gate/audit/log_beginning.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/torn_tail.h"

namespace modgate {
namespace {

constexpr std::string_view kStartMark = R"("kind":"start")";

Error broken(const std::string& segment, std::uint64_t sequence, const std::string& how) {
  return {Outcome::unavailable,
          "the audit log is broken at record " + std::to_string(sequence) + " in " + segment +
              ": " + how +
              ". This is no trace of a crash: nothing is granted, and the log is left as it is. "
              "What is wrong with it is shown by: modgate log verify. Keep it as evidence: stop "
              "modgate.socket and modgate.service, move the log away (mv /var/log/modgate "
              "/var/log/modgate.broken) and its key with it (/var/lib/modgate/log.key*, "
              "/etc/modgate/log.vkey), make a new directory (systemd-tmpfiles --create) and start "
              "modgate.socket; see modgated(8)"};
}

/// What tells how far back a segment makes us read.
struct Glance {
  bool has_start = false;  ///< every intent before it has its outcome
  bool same_boot = false;  ///< its first record is of this boot
};

Result<Glance> glance(int directory, const Segment& segment, const std::string& boot_id) {
  auto file = open_segment(directory, segment.name, O_RDONLY);
  if (!file) return file.error();
  LineReader reader(std::move(*file));
  Glance seen;
  StoredLine parser;
  std::string_view line;
  bool first = true;
  while (reader.next(line) == LineReader::Found::line) {
    if (first && parser.parse(line))
      seen.same_boot = text_at(parser.root(), "/device/boot_uid") == boot_id;
    first = false;
    // Quotes inside values are escaped, so that no name or reason can contain the mark.
    if (line.find(kStartMark) != std::string_view::npos) seen.has_start = true;
  }
  // A read error or a line too long shows again when the segment is walked.
  return seen;
}

/// Index of the segment from which the log has to be walked.
Result<std::size_t> where_to_begin(int directory, const std::vector<Segment>& segments,
                                   const std::string& boot_id) {
  bool start_seen = false;
  for (std::size_t at = segments.size(); at-- > 0;) {
    auto seen = glance(directory, segments[at], boot_id);
    if (!seen) return seen.error();
    start_seen = start_seen || seen->has_start;
    if (start_seen && !seen->same_boot) return at;
  }
  return std::size_t{0};
}

class RecoveryWalk {
 public:
  RecoveryWalk(int directory, const std::string& boot_id)
      : directory_(directory), boot_id_(boot_id) {}

  /// Takes what stands before the first segment to be walked as the beginning of the chain.
  Status begin_behind(const Segment& segment, std::uint64_t next_sequence) {
    auto line = last_line(directory_, segment.name);
    if (!line) return line.error();
    found_.tail.sequence = next_sequence - 1;
    found_.tail.hash = chain_hash(*line);
    found_.read_from = next_sequence;
    return Done{};
  }

  /// The log's oldest segments may have been put away: what the first record names is what the
  /// record of the removal says, where they are all gone.
  void begin_at(std::uint64_t first_sequence) {
    found_.tail.sequence = first_sequence - 1;
    found_.read_from = first_sequence;
    trust_first_hash_ = first_sequence != 1;
  }

  Status segment(const Segment& segment, bool is_last) {
    if (segment.first != found_.tail.sequence + 1) {
      return broken(segment.name, found_.tail.sequence + 1, "missing");
    }
    auto file = open_segment(directory_, segment.name, O_RDONLY);
    if (!file) return file.error();
    // Only advice, and a file system without a page cache needs none.
    if (is_last) static_cast<void>(::posix_fadvise(file->get(), 0, 0, POSIX_FADV_DONTNEED));
    LineReader reader(std::move(*file));
    std::string_view line;
    std::uint64_t whole_bytes = 0;
    bool torn = false;
    while (true) {
      const LineReader::Found got = reader.next(line);
      if (got == LineReader::Found::failed) return log_error(segment.name, reader.error_code());
      if (got != LineReader::Found::line) {
        if (reader.rest_bytes() == 0) break;
        // More lines behind it: nothing that a crash leaves.
        if (torn || (got == LineReader::Found::too_long && reader.rest_has_newline())) {
          return broken(segment.name, found_.tail.sequence + 1, "edited");
        }
        torn = true;
        break;
      }
      if (torn) return broken(segment.name, found_.tail.sequence + 1, "edited");
      if (!parser_.parse(line)) {
        // No JSON: a torn line if it is the very last one.
        torn = true;
        continue;
      }
      if (auto sound = take(segment, line); !sound) return sound;
      whole_bytes = reader.offset();
    }
    found_.tail.segment = segment.name;
    found_.tail.segment_bytes = whole_bytes;
    if (!torn) return Done{};
    if (!is_last) return broken(segment.name, found_.tail.sequence + 1, "torn");
    auto mended = set_torn_tail_aside(directory_, segment.name, whole_bytes);
    if (!mended) return mended.error();
    found_.mended.push_back(std::move(*mended));
    return Done{};
  }

  Recovered finish() {
    if (found_.tail.sequence < found_.read_from) found_.read_from = 0;
    for (auto& [correlation, event] : open_) found_.open_intents.push_back(std::move(event));
    std::sort(found_.open_intents.begin(), found_.open_intents.end(),
              [](const StoredEvent& a, const StoredEvent& b) {
                return a.head.sequence < b.head.sequence;
              });
    return std::move(found_);
  }

 private:
  Status take(const Segment& segment, std::string_view line) {
    const auto head = parser_.head();
    const std::uint64_t expected = found_.tail.sequence + 1;
    if (!head) return broken(segment.name, expected, "edited: not a record of this log");
    if (head->sequence != expected) {
      return broken(segment.name, expected,
                    "record " + std::to_string(head->sequence) + " stands in its place");
    }
    if (!trust_first_hash_ && head->prev != found_.tail.hash) {
      return broken(segment.name, expected, "it names another hash of the record before it");
    }
    trust_first_hash_ = false;
    found_.tail.sequence = expected;
    found_.tail.hash = chain_hash(line);
    found_.last_ms =
        static_cast<std::int64_t>(number_at(parser_.root(), "/metadata/logged_time").value_or(0));
    remember(*head);
    return Done{};
  }

  void remember(const StoredHead& head) {
    if (head.kind == "start") found_.was_serving = true;
    if (head.kind == "stop") found_.was_serving = false;
    const bool intent = head.kind == "intent";
    if (!intent && head.kind != "outcome") return;
    auto event = parser_.event();
    if (!event) return;
    if (!intent) {
      open_.erase(head.correlation_uid);
      if (head.boot_id == boot_id_) {
        found_.loads.apply(event->record, event->peer.uid, head.correlation_uid);
      }
      return;
    }
    open_.insert_or_assign(head.correlation_uid, std::move(*event));
  }

  int directory_;
  const std::string& boot_id_;
  StoredLine parser_;
  Recovered found_;
  std::map<std::string, StoredEvent> open_;
  bool trust_first_hash_ = false;
};

}  // namespace

Result<Recovered> recover_log(int directory, const std::string& boot_id) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  if (segments->empty()) return Recovered{};
  auto beginning = find_beginning(directory, *segments);
  if (!beginning) return beginning.error();
  if (!beginning->is_explained()) {
    return broken(segments->front().name, 1, "missing: " + beginning->unexplained());
  }
  auto begin = where_to_begin(directory, *segments, boot_id);
  if (!begin) return begin.error();
  RecoveryWalk walk(directory, boot_id);
  if (*begin == 0) {
    walk.begin_at(segments->front().first);
  } else if (auto begun = walk.begin_behind((*segments)[*begin - 1], (*segments)[*begin].first);
             !begun) {
    return begun.error();
  }
  for (std::size_t at = *begin; at < segments->size(); ++at) {
    if (auto walked = walk.segment((*segments)[at], at + 1 == segments->size()); !walked) {
      return walked.error();
    }
  }
  return walk.finish();
}

}  // namespace modgate
