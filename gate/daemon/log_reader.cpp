// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/log_reader.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "gate/audit/log_directory.h"
#include "gate/audit/search.h"

namespace modgate {
namespace {

/// How long one line may wait for a caller that does not read.
constexpr std::chrono::seconds kPatience{120};

Result<Fd> watch(int directory) {
  Fd watcher(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watcher) return log_error("inotify", errno);
  const std::string path = "/proc/self/fd/" + std::to_string(directory);
  if (::inotify_add_watch(watcher.get(), path.c_str(), IN_MODIFY | IN_CREATE) < 0) {
    return log_error("inotify", errno);
  }
  return watcher;
}

/// Waits until the log has grown. False where the other end has hung up.
Result<bool> wait_for_more(const Fd& watcher, const Channel& output) {
  while (true) {
    std::array<pollfd, 2> ready = {{{watcher.get(), POLLIN, 0}, {output.get(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return log_error("poll", errno);
    }
    // Nobody has anything to say to a reader but that it is over.
    if (ready[1].revents != 0) return false;
    std::array<char, 4096> events{};
    ssize_t got = 0;
    do {
      got = ::read(watcher.get(), events.data(), events.size());
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0 && errno != EAGAIN) return log_error("inotify", errno);
    return true;
  }
}

Status follow(int directory, LogFilter& filter, LogPosition position, const Fd& watcher,
              const Channel& output, const LogSink& sink) {
  while (true) {
    auto more = wait_for_more(watcher, output);
    if (!more) return more.error();
    if (!*more) return Done{};
    // What is found from here on is new: the last N were shown before.
    auto read = search_log(directory, filter, position, sink);
    if (!read) return read.error();
    position = *read;
  }
}

Status read_log(int directory, const LogQuery& query, const std::string& only_uid,
                Channel& output) {
  LogFilter filter(query, only_uid);
  const LogSink sink = [&output](std::string_view line) {
    return output.send(line, BootClock::now() + kPatience);
  };
  Fd watcher;
  if (query.follow) {
    // Before the first look, so that nothing falls between.
    auto watching = watch(directory);
    if (!watching) return watching.error();
    watcher = std::move(*watching);
    // It lives as long as its caller listens.
    static_cast<void>(::alarm(0));
  }
  auto position = search_log(directory, filter, LogPosition{}, sink);
  if (!position) return position.error();
  if (!query.follow) return Done{};
  return follow(directory, filter, *position, watcher, output, sink);
}

}  // namespace

int run_log_reader(int directory, const LogQuery& query, const std::string& only_uid,
                   Channel output) {
  return read_log(directory, query, only_uid, output) ? 0 : 1;
}

}  // namespace modgate
