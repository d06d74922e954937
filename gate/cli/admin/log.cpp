// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <optional>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/event_source.h"
#include "gate/cli/admin/event_writer.h"
#include "gate/cli/admin/pager.h"
#include "gate/cli/review_command_line.h"
#include "gate/review/cursor.h"

namespace modgate {
namespace {

/// How the events of one `log` are shown.
struct Presentation {
  EventFormat format = EventFormat::text;
  std::optional<Grouping> grouping;
  std::optional<ReviewCursor> cursor;
  bool follow = false;
  std::uint64_t last = 0;
};

Status check_together(const Presentation& how) {
  const bool exports = how.format == EventFormat::ocsf_core || how.format == EventFormat::ecs;
  if (how.grouping && exports) {
    return Error{Outcome::usage, "--group-by prints a table, --json or --csv"};
  }
  if (how.grouping && how.follow) {
    return Error{Outcome::usage, "--group-by counts what there is; it does not follow"};
  }
  if (how.cursor && (how.follow || how.last > 0)) {
    return Error{Outcome::usage,
                 "--cursor goes on where the last export ended: it takes neither "
                 "--follow nor -n"};
  }
  return Done{};
}

Result<Presentation> presentation_of(const CommandLine& line) {
  Presentation how;
  auto format = format_of(line);
  if (!format) return format.error();
  how.format = *format;
  auto last = last_of(line);
  if (!last) return last.error();
  how.last = *last;
  how.follow = line.given.contains("follow");
  if (line.given.contains("group-by")) {
    auto grouping = Grouping::parse(line.option("group-by"));
    if (!grouping) return grouping.error();
    how.grouping = std::move(*grouping);
  }
  if (line.given.contains("cursor")) {
    if (line.option("cursor").empty()) return Error{Outcome::usage, "--cursor is empty"};
    how.cursor.emplace(line.option("cursor"));
  }
  if (auto fits = check_together(how); !fits) return fits.error();
  return how;
}

Status begin_at_cursor(const ReviewCursor& cursor, EventSource& source) {
  if (source.review() == nullptr) {
    return Error{Outcome::denied,
                 "--cursor reads the log itself: root and members of modgate-audit may"};
  }
  auto positions = cursor.load(source.review()->logs());
  if (!positions) return positions.error();
  source.review()->begin_at(std::move(*positions));
  return Done{};
}

/// Everything up to the last byte written.
Status present(Presentation& how, EventSource& source) {
  const bool pages = how.format == EventFormat::text && !how.follow;
  const std::optional<Pager> pager = pages ? Pager::start() : std::nullopt;
  BulkOutput output(pager.has_value());
  EventWriter writer(how.format, output);
  if (how.grouping) {
    auto read = source.read([&](std::string_view, EventView& event) -> Status {
      how.grouping->add(event);
      return Done{};
    });
    if (!read) return read;
    if (auto written = writer.groups(*how.grouping); !written) return written;
    return output.flush();
  }
  if (auto begun = writer.begin(); !begun) return begun;
  const EventSink sink = [&](std::string_view line, EventView& event) {
    return writer.event(line, event);
  };
  auto read =
      how.follow ? source.follow(sink, [&]() { return output.flush(); }) : source.read(sink);
  if (!read) {
    // What was found before is still worth showing; the error is told in any case.
    static_cast<void>(output.flush());
    return read;
  }
  return output.flush();
}

int log(const CommandLine& line) {
  Output output(line.json);
  if (!line.words.empty()) {
    return output.refuse(
        Error{Outcome::usage, "log takes options alone; for a module: --module " + line.words[0]});
  }
  auto how = presentation_of(line);
  if (!how) return output.refuse(how.error());
  auto options = review_options_of(line);
  if (!options) return output.refuse(options.error());
  const EventSource::Settings settings{how->last,
                                       how->format == EventFormat::json && !how->grouping};
  auto source = EventSource::open(line, std::move(*options), settings, output);
  if (!source) return output.refuse(source.error());
  if (how->cursor) {
    if (auto begun = begin_at_cursor(*how->cursor, *source); !begun) {
      return output.refuse(begun.error());
    }
  }
  auto presented = present(*how, *source);
  // Whoever left the pager, or `head`, has seen enough.
  if (!presented && presented.error().code == EPIPE) return 0;
  if (!presented) return output.refuse(presented.error());
  if (!how->cursor) return 0;
  const LogReview& review = *source->review();
  auto stored = how->cursor->store(review.logs(), review.positions());
  return stored ? 0 : output.refuse(stored.error());
}

}  // namespace

Command log_command() {
  return {"log",
          "[OPTION ...]",
          "Searches the audit log. Members of modgate-audit and root see all of it, anyone else "
          "their\n"
          "own records. With --json the events as they are stored. A time is RFC 3339, YYYY-MM-DD "
          "(the\n"
          "day's beginning) or relative. An expression compares fields with =, !=, <, <=, >, >=, "
          "and\n"
          "with ~ and !~ for a glob or /a pattern/.\n\n"
          "  modgate log --user alice --since -7d\n"
          "  modgate log --module vxlan --outcome denied -n 20\n"
          "  modgate log --where 'outcome != done and not (user = root or module ~ snd_*)'\n"
          "  modgate log --since -30d --group-by user,module",
          false,
          log_options(),
          log};
}

}  // namespace modgate
