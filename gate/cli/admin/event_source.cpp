// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/event_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>

#include "gate/audit/log_directory.h"
#include "gate/client/connection.h"
#include "gate/client/conversation.h"

namespace modgate {
namespace {

/// Logs that are read at once.
constexpr std::size_t kMostLogs = 4096;
/// Below this an index is made without a word.
constexpr std::uint64_t kSilentBytes = std::uint64_t{64} << 20U;

bool has_segments(const OpenLog& log) {
  const auto segments = list_segments(log.directory.get());
  return segments && !segments->empty();
}

/// The log at `path`, or those in its folders, in the order of their names.
Status add_logs(const std::string& path, std::vector<OpenLog>& logs) {
  auto log = open_log(path);
  if (!log) return log.error();
  if (has_segments(*log)) {
    logs.push_back(std::move(*log));
    return Done{};
  }
  std::vector<std::string> folders;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  const std::size_t before = logs.size();
  for (const std::string& folder : folders) {
    auto one = open_log(folder);
    if (!one) return one.error();
    if (has_segments(*one)) logs.push_back(std::move(*one));
    if (logs.size() > kMostLogs) return Error{Outcome::usage, "--from: too many logs at once"};
  }
  if (logs.size() == before) return Error{Outcome::failed, "there is no log in " + path};
  return Done{};
}

/// This machine's log where it can be read.
std::vector<OpenLog> own_log() {
  std::vector<OpenLog> logs;
  auto log = open_log(kLogDirectory);
  if (log && has_segments(*log)) logs.push_back(std::move(*log));
  return logs;
}

Result<Fd> watch(const std::vector<OpenLog>& logs) {
  Fd watcher(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watcher) return log_error("inotify", errno);
  for (const OpenLog& log : logs) {
    const std::string path = "/proc/self/fd/" + std::to_string(log.directory.get());
    if (::inotify_add_watch(watcher.get(), path.c_str(), IN_MODIFY | IN_CREATE) < 0) {
      return log_error("inotify", errno);
    }
  }
  return watcher;
}

/// Waits until a log has grown. False where nobody reads standard output any more.
Result<bool> wait_for_more(const Fd& watcher) {
  while (true) {
    std::array<pollfd, 2> ready = {{{watcher.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return log_error("poll", errno);
    }
    if ((ready[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return false;
    std::array<char, 4096> events{};
    ssize_t got = 0;
    do {
      got = ::read(watcher.get(), events.data(), events.size());
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0 && errno != EAGAIN) return log_error("inotify", errno);
    return true;
  }
}

LogReview::Settings review_settings(const ReviewOptions& options,
                                    const EventSource::Settings& settings, Output& output) {
  LogReview::Settings review;
  review.last = settings.last;
  review.lines_alone = settings.lines_alone;
  if (options.use_index) {
    // Without a folder for it the log itself is read.
    if (auto folder = LogIndex::folder()) review.index = std::move(*folder);
  }
  review.progress = [&output](std::uint64_t bytes) {
    if (bytes < kSilentBytes || ::isatty(STDERR_FILENO) != 1) return;
    output.remark("indexing, " + std::to_string(bytes >> 20U) + " MiB left");
  };
  return review;
}

}  // namespace

Result<EventSource> EventSource::open(const CommandLine& line, ReviewOptions options,
                                      const Settings& settings, Output& output) {
  EventSource source;
  std::vector<OpenLog> logs;
  for (const std::string& path : options.from) {
    if (auto added = add_logs(path, logs); !added) return added.error();
  }
  if (options.from.empty() && !line.socket) logs = own_log();
  if (!logs.empty()) {
    auto review = review_settings(options, settings, output);
    source.review_.emplace(std::move(logs),
                           Selection(std::move(options.query), std::move(options.where)),
                           std::move(review));
    return source;
  }
  source.socket_ = line.socket.value_or(kGateSocket);
  source.chosen_socket_ = line.socket.has_value();
  source.query_ = options.query;
  source.last_ = settings.last;
  source.selection_ = Selection(std::move(options.query), std::move(options.where));
  return source;
}

Status EventSource::read(const EventSink& sink) {
  if (review_) return review_->read(sink);
  return ask_helper(sink, false, []() -> Status { return Done{}; });
}

Status EventSource::follow(const EventSink& sink, const std::function<Status()>& caught_up) {
  if (!review_) return ask_helper(sink, true, caught_up);
  // Before the first look, so that nothing falls between.
  auto watcher = watch(review_->logs());
  if (!watcher) return watcher.error();
  if (auto read = review_->read(sink); !read) return read;
  while (true) {
    if (auto told = caught_up(); !told) return told;
    auto more = wait_for_more(*watcher);
    if (!more) return more.error();
    if (!*more) return Done{};
    if (auto read = review_->read_on(sink); !read) return read;
  }
}

/// The helper knows the simple filters. With an expression the last so many are told here.
Status EventSource::ask_helper(const EventSink& sink, bool follow,
                               const std::function<Status()>& caught_up) {
  const bool last_here = last_ > 0 && !selection_.where().is_empty();
  if (last_here && follow) {
    return Error{Outcome::usage,
                 "-n with --where and --follow reads the log itself: root and members of "
                 "modgate-audit may"};
  }
  Request request;
  request.verb = Verb::log;
  request.log = query_;
  request.log.follow = follow;
  if (!last_here) request.log.last = last_;
  auto gate = connect_to_gate(socket_, chosen_socket_);
  if (!gate) return gate.error();
  EventView event;
  std::deque<std::string> kept;
  Status failed = Done{};
  const ReplyEnd end =
      converse(*gate, request, Fd(), nullptr, [&](const std::string& text) -> Status {
        if (!event.parse(text)) {
          return Error{Outcome::unavailable,
                       "the helper spoke what this version does not understand"};
        }
        if (!selection_.fits(event)) return Done{};
        if (last_here) {
          kept.push_back(text);
          if (kept.size() > last_) kept.pop_front();
          return Done{};
        }
        failed = sink(text, event);
        if (failed && follow) failed = caught_up();
        return failed;
      });
  if (!failed) return failed;
  if (end.outcome != Outcome::done) return Error{end.outcome, end.message, 0, end.rule};
  for (const std::string& text : kept) {
    if (!event.parse(text)) continue;
    if (auto taken = sink(text, event); !taken) return taken;
  }
  return Done{};
}

}  // namespace modgate
