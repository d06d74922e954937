// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "component/audit/log_fixture.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/recorder.h"
#include "gate/daemon/recorder_link.h"

namespace modgate::sample {

inline Deadline soon() { return BootClock::now() + std::chrono::seconds(20); }

/// The records of the log; a line that is no JSON throws.
inline std::vector<nlohmann::json> events_in(const TestLog& log) {
  std::vector<nlohmann::json> parsed;
  for (const std::string& line : log.all_lines()) parsed.push_back(nlohmann::json::parse(line));
  return parsed;
}

/// What is Modgate's own in a record.
inline const nlohmann::json& own(const nlohmann::json& event) {
  return event["unmapped"]["modgate"];
}

/// `kind outcome` of every record.
inline std::vector<std::string> story(const TestLog& log) {
  std::vector<std::string> words;
  for (const nlohmann::json& event : events_in(log)) {
    words.push_back(own(event)["kind"].get<std::string>() + ' ' + own(event).value("outcome", "-"));
  }
  return words;
}

/// The recorder in a process of its own on a log of its own.
class Recorder {
 public:
  explicit Recorder(const TestLog& log, std::uint64_t segment_bytes = 64U << 20U)
      : Recorder([&] {
          RecorderSettings settings;
          settings.directory = log.directory.path().string();
          settings.segment_bytes = segment_bytes;
          settings.journal = (log.directory.path() / "journal").string();
          return settings;
        }()) {}
  /// `before` runs in the child.
  explicit Recorder(
      const RecorderSettings& settings, const std::function<void()>& before = [] {})
      : control_(start(settings, before)) {}
  ~Recorder() {
    if (child_ > 0) stop();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  RecorderControl& control() { return control_; }

  Channel connect_raw(uid_t uid = 1000, const std::string& id = new_uuid()) {
    Peer peer = sample::alice();
    peer.uid = uid;
    auto channel = control_.open_connection(peer, id);
    REQUIRE(channel);
    return std::move(*channel);
  }
  RecorderLink connect(uid_t uid = 1000, const std::string& id = new_uuid()) {
    return RecorderLink(connect_raw(uid, id));
  }

  /// Hangs up the control channel and returns the exit status.
  int stop() {
    control_ = RecorderControl(Channel());
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void crash() {
    REQUIRE(::kill(child_, SIGKILL) == 0);
    CHECK(stop() == -SIGKILL);
  }

 private:
  Channel start(const RecorderSettings& settings, const std::function<void()>& before) {
    auto ends = Channel::pair();
    REQUIRE(ends);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ends->first.close();
      before();
      ::_exit(run_recorder(std::move(ends->second), settings));
    }
    return std::move(ends->first);
  }
  pid_t child_ = -1;
  RecorderControl control_;
};

}  // namespace modgate::sample
