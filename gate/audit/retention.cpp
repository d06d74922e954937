// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/retention.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "gate/audit/chain.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/stored_event.h"

namespace modgate {
namespace {

constexpr std::int64_t kDayMilliseconds = 86'400'000;

Result<std::vector<std::uint64_t>> sizes_of(int directory, const std::vector<Segment>& segments) {
  std::vector<std::uint64_t> sizes;
  for (const Segment& segment : segments) {
    struct stat state = {};
    if (::fstatat(directory, segment.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0) {
      return log_error(segment.name, errno);
    }
    sizes.push_back(static_cast<std::uint64_t>(state.st_size));
  }
  return sizes;
}

/// Why the segment may go, with the log as large as `bytes`; empty where it may not.
std::string reason_to_go(const RetentionSettings& settings, std::int64_t last_ms,
                         std::int64_t now_ms, std::uint64_t bytes) {
  if (settings.keep_days > 0) {
    const auto days = static_cast<std::int64_t>(settings.keep_days);
    if (now_ms / kDayMilliseconds - last_ms / kDayMilliseconds > days) return "age";
  }
  return settings.keep_bytes > 0 && bytes > settings.keep_bytes ? "size" : "";
}

}  // namespace

Result<std::optional<RemovedRecords>> find_removable(int directory,
                                                     const RetentionSettings& settings,
                                                     const RetentionBounds& bounds,
                                                     std::int64_t now_ms) {
  using Found = std::optional<RemovedRecords>;
  if (settings.keeps_everything()) return Found();
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  auto sizes = sizes_of(directory, *segments);
  if (!sizes) return sizes.error();
  std::uint64_t bytes = 0;
  for (const std::uint64_t size : *sizes) bytes += size;

  Found found;
  StoredLine parser;
  for (std::size_t at = 0; at + 1 < segments->size(); ++at) {
    const std::uint64_t last = (*segments)[at + 1].first - 1;
    if (last >= bounds.from_sequence) break;
    auto line = last_line(directory, (*segments)[at].name);
    if (!line) return line.error();
    // What cannot be read is evidence of something: it stays.
    if (!parser.parse(*line)) break;
    const auto last_ms =
        static_cast<std::int64_t>(number_at(parser.root(), "/metadata/logged_time").value_or(0));
    if (last_ms <= 0 || last_ms >= bounds.from_ms) break;
    const std::string reason = reason_to_go(settings, last_ms, now_ms, bytes);
    if (reason.empty()) break;
    if (!found) {
      found.emplace();
      found->from = (*segments)[at].first;
      found->reason = reason;
    }
    found->to = last;
    found->last_hash = chain_hash(*line);
    found->bytes += (*sizes)[at];
    ++found->segments;
    bytes -= (*sizes)[at];
  }
  return found;
}

Status remove_segments(int directory, const RemovedRecords& removed) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  for (const Segment& segment : *segments) {
    if (segment.first < removed.from || segment.first > removed.to) continue;
    if (::unlinkat(directory, segment.name.c_str(), 0) != 0 && errno != ENOENT) {
      return log_error("remove " + segment.name, errno);
    }
    // One after the other on disk as well: a power cut must leave no hole between two segments.
    if (::fsync(directory) != 0) return log_error("its directory", errno);
  }
  return Done{};
}

}  // namespace modgate
