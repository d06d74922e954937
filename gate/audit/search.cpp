// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/search.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

std::string canonical(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_or_any(std::string_view wanted, std::string_view found) {
  return wanted.empty() || wanted == found;
}

bool has_module(simdjson::dom::element root, const std::string& wanted) {
  if (text_at(root, "/driver/file/internal_name") == wanted) return true;
  simdjson::dom::array modules;
  if (root.at_pointer("/unmapped/modgate/modules").get_array().get(modules) != simdjson::SUCCESS) {
    return false;
  }
  return std::any_of(modules.begin(), modules.end(), [&](simdjson::dom::element module) {
    return text_at(module, "/name") == wanted;
  });
}

/// Gives each whole line of one segment from `offset` on to `take`, and returns where it ended.
Result<std::uint64_t> each_line(int directory, const Segment& segment, std::uint64_t offset,
                                const LogSink& take) {
  auto file = open_segment(directory, segment.name, O_RDONLY);
  // Removed by retention since the directory was read.
  if (!file && file.error().code == ENOENT) return offset;
  if (!file) return file.error();
  if (::lseek(file->get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return log_error(segment.name, errno);
  }
  LineReader reader(std::move(*file));
  std::string_view line;
  while (true) {
    switch (reader.next(line)) {
      case LineReader::Found::line:
        if (auto taken = take(line); !taken) return taken.error();
        continue;
      case LineReader::Found::failed:
        return log_error(segment.name, reader.error_code());
      case LineReader::Found::too_long:
      case LineReader::Found::end:
        // A line without an end is being written, or was torn: not to be shown.
        return offset + reader.offset();
    }
  }
}

/// From which segment on there are the last `wanted` lines that match, and how many too many.
struct LastOnes {
  std::size_t segment = 0;
  std::uint64_t skip = 0;
};

Result<LastOnes> find_last(int directory, const std::vector<Segment>& segments, LogFilter& filter) {
  const std::uint64_t wanted = filter.query().last;
  std::uint64_t matched = 0;
  for (std::size_t at = segments.size(); at-- > 0;) {
    auto read = each_line(directory, segments[at], 0, [&](std::string_view line) -> Status {
      if (filter.matches(line)) ++matched;
      return Done{};
    });
    if (!read) return read.error();
    if (matched >= wanted) return LastOnes{at, matched - wanted};
  }
  return LastOnes{};
}

}  // namespace

LogFilter::LogFilter(LogQuery query, std::string only_uid)
    : query_(std::move(query)), only_uid_(std::move(only_uid)) {
  query_.module = canonical(std::move(query_.module));
}

bool LogFilter::matches(std::string_view line) { return line_.parse(line) && fits(line_.root()); }

bool LogFilter::fits(simdjson::dom::element root) const {
  const std::string_view uid = text_at(root, "/actor/user/uid");
  if (!is_or_any(only_uid_, uid)) return false;
  if (!query_.user.empty() && query_.user != uid &&
      query_.user != text_at(root, "/actor/user/name")) {
    return false;
  }
  if (!is_or_any(query_.role, text_at(root, "/unmapped/modgate/role")) ||
      !is_or_any(query_.action, text_at(root, "/unmapped/modgate/action")) ||
      !is_or_any(query_.outcome, text_at(root, "/unmapped/modgate/outcome")) ||
      !is_or_any(query_.host, text_at(root, "/device/hostname"))) {
    return false;
  }
  const auto time = static_cast<std::int64_t>(number_at(root, "/time").value_or(0));
  if (time < query_.since_ms || (query_.until_ms > 0 && time >= query_.until_ms)) return false;
  return query_.module.empty() || has_module(root, query_.module);
}

Result<LogPosition> search_log(int directory, LogFilter& filter, const LogPosition& from,
                               const LogSink& sink) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  LastOnes start;
  if (from.segment == 0 && filter.query().last > 0) {
    auto found = find_last(directory, *segments, filter);
    if (!found) return found.error();
    start = *found;
  }
  LogPosition position = from;
  for (std::size_t at = start.segment; at < segments->size(); ++at) {
    const Segment& segment = (*segments)[at];
    if (segment.first < from.segment) continue;
    const std::uint64_t offset = segment.first == from.segment ? from.offset : 0;
    auto read = each_line(directory, segment, offset, [&](std::string_view line) -> Status {
      if (!filter.matches(line)) return Done{};
      if (start.skip > 0) {
        --start.skip;
        return Done{};
      }
      return sink(line);
    });
    if (!read) return read.error();
    position = {segment.first, *read};
  }
  return position;
}

}  // namespace modgate
