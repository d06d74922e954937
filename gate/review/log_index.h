// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gate/review/log_place.h"
#include "gate/review/selection.h"
#include "gate/review/sqlite.h"

namespace modgate {

/// Where events stand in a log, by person, module, outcome and time: a cache of this user's own,
/// made from the log and rebuilt whenever it does not fit it. It says where to look, never what is
/// there: whoever uses it reads each line from the log and asks the selection again.
///
/// An entry that is missing would hide an event. So what was indexed is bound to the log: every
/// segment by its size, its file's identity and time of change, and a chained digest of its lines.
/// A closed segment whose file has changed since is read again whole before the index counts, and
/// in each use a hundred entries, chosen by chance, are held against the number of lines.
class LogIndex {
 public:
  /// Hears how many bytes of the log are still to be indexed.
  using Progress = std::function<void(std::uint64_t)>;
  /// Takes a place; false ends the search.
  using Take = std::function<Result<bool>(const LinePlace&)>;

  /// Where this user keeps such files, made if need be: XDG_CACHE_HOME or HOME's .cache; but root
  /// keeps them in /var/cache and asks no environment.
  static Result<std::string> folder();

  /// Opens the index of `log` in `folder` and brings it up to date. An error means: read the log
  /// itself.
  static Result<LogIndex> open(const std::string& folder, const OpenLog& log,
                               const Progress& progress);

  /// Up to where the log has been indexed.
  [[nodiscard]] const LogPosition& end() const noexcept { return end_; }

  /// Whether the index narrows this selection at all.
  [[nodiscard]] static bool helps(const Selection& selection);

  /// Gives every place where an event that fits may stand to `take`, in the order of the log, or
  /// from its end backwards.
  Status candidates(const Selection& selection, bool backwards, const Take& take);

  /// Removes the file: it has led to a place where no line is.
  void forget() const;

 private:
  LogIndex(SqlDatabase database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  static Result<LogIndex> open_fitting(const std::string& path, const OpenLog& log,
                                       const Progress& progress);

  SqlDatabase database_;
  std::string path_;
  LogPosition end_;
};

}  // namespace modgate
