// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gate/cli/admin/review_options.h"
#include "gate/cli/output.h"
#include "gate/review/log_review.h"

namespace modgate {

inline constexpr const char* kLogDirectory = "/var/log/modgate";

/// Where a review gets its events: the logs themselves, where the caller may read them, else the
/// helper, which shows everybody their own.
class EventSource {
 public:
  struct Settings {
    std::uint64_t last = 0;
    bool lines_alone = false;  ///< as of LogReview
  };

  /// Reads the logs that `--from` names, or this machine's; asks the helper where that cannot be
  /// read, or where `--socket` names one.
  static Result<EventSource> open(const CommandLine& line, ReviewOptions options,
                                  const Settings& settings, Output& output);

  /// The logs, where these are read; nullptr where the helper is asked.
  [[nodiscard]] LogReview* review() noexcept { return review_ ? &*review_ : nullptr; }

  /// Gives what there is to `sink`.
  Status read(const EventSink& sink);

  /// The same, and goes on with what comes, until nobody reads standard output any more.
  /// `caught_up` is called whenever everything that is there has been given.
  Status follow(const EventSink& sink, const std::function<Status()>& caught_up);

 private:
  EventSource() = default;

  Status ask_helper(const EventSink& sink, bool follow, const std::function<Status()>& caught_up);

  std::optional<LogReview> review_;
  std::string socket_;
  bool chosen_socket_ = false;
  LogQuery query_;
  std::uint64_t last_ = 0;
  Selection selection_;
};

}  // namespace modgate
