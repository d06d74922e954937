// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/review/log_place.h"

namespace modgate {

/// A file that says how far logs have been exported, so that the next export goes on from there. Of
/// each log it holds the position and the digest of the line before it: a log that was rolled back,
/// cut or changed there is noticed.
class ReviewCursor {
 public:
  explicit ReviewCursor(std::string path) : path_(std::move(path)) {}

  /// Where to go on in each of `logs`; the beginning for one that the file does not know, and for
  /// all where there is no file. Outcome::failed where the file is no cursor or a log is not the
  /// one it was made of.
  Result<std::vector<LogPosition>> load(const std::vector<OpenLog>& logs) const;

  /// Replaces the file in one step, on disk before this returns.
  Status store(const std::vector<OpenLog>& logs, const std::vector<LogPosition>& positions) const;

 private:
  std::string path_;
};

}  // namespace modgate
