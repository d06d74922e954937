// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/audit/log_directory.h"
#include "gate/audit/stored_event.h"
#include "gate/audit/verify.h"
#include "modgate/result.h"

namespace modgate {

/// What stood before a log that does not begin with record 1: retention has removed it, and a
/// record of the log says so, or nobody can tell.
class LogBeginning {
 public:
  explicit LogBeginning(const std::vector<Segment>& segments)
      : first_(segments.empty() ? 1 : segments.front().first) {}

  /// Sequence number of the first record.
  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }
  [[nodiscard]] bool is_explained() const noexcept { return first_ == 1 || recorded_in_ > 0; }
  [[nodiscard]] std::optional<RemovedByRetention> removed() const;

  /// Whether look_at() may learn something from the line. The recorder writes it like this; a line
  /// that says the same in other bytes explains nothing.
  [[nodiscard]] bool wants(std::uint64_t sequence, std::string_view line) const;

  /// Takes in a record that is sound in itself, the log's first one before any other. The record of
  /// a removal may name more than is gone: what a crash left of it goes the next time.
  void look_at(const StoredLine& line);

  /// What is to be said of a log whose beginning is not explained.
  [[nodiscard]] std::string unexplained() const;

 private:
  std::uint64_t first_;
  std::string first_prev_;
  std::uint64_t recorded_in_ = 0;
};

/// Looks in the whole log for what explains its beginning, from its end backwards, as the newest
/// removal is the one that does.
Result<LogBeginning> find_beginning(int directory, const std::vector<Segment>& segments);

}  // namespace modgate
