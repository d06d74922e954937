// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/review/event_view.h"

namespace modgate {

/// Requests by how they ended. An intent is not counted, as its outcome is.
struct Tally {
  std::uint64_t done = 0;
  std::uint64_t refused = 0;  ///< denied, unauthenticated, rejected
  std::uint64_t failed = 0;   ///< everything else
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;

  [[nodiscard]] std::uint64_t all() const noexcept { return done + refused + failed; }
};

/// One record, as it is listed.
struct ListedEvent {
  std::string time;
  std::string sequence;
  std::string host;
  std::string user;
  std::string what;  ///< "load", or the kind of a record that is about no module
  std::string module;
  std::string outcome;
  std::string rule;
  std::string reason;
  std::string message;
  std::string record;
};

/// The last word of a reviewer.
struct SignOff {
  std::string user;
  std::string time;
  std::uint64_t up_to = 0;
  std::string reason;
};

/// A summary of events: how many, by whom, of what, under which rule, when.
class Report {
 public:
  static constexpr std::size_t kMostRows = 10'000;   ///< of one table; the rest is counted together
  static constexpr std::size_t kMostListed = 2'000;  ///< the last records
  static constexpr std::size_t kMostHours = 900'000;  ///< that are told apart: a century

  using Key = std::vector<std::string>;
  struct Row {
    Key key;
    Tally tally;
  };
  struct Table {
    std::string name;                   ///< "persons", "modules", "rules", "outcomes", "hosts"
    std::vector<std::string> headings;  ///< of the key
    std::vector<Row> rows;              ///< the most frequent first
    std::uint64_t rest = 0;             ///< requests of rows that are not there
  };
  /// Some days, or hours of a short time.
  struct Bar {
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
    Tally tally;
  };

  /// Takes in an event, in order.
  void add(EventView& event);

  [[nodiscard]] const Tally& all() const noexcept { return all_; }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t last_sequence() const noexcept { return last_sequence_; }
  [[nodiscard]] const std::optional<SignOff>& sign_off() const noexcept { return sign_off_; }
  [[nodiscard]] const std::deque<ListedEvent>& listed() const noexcept { return listed_; }
  [[nodiscard]] std::vector<Table> tables() const;
  /// At most some hundred bars, without gaps.
  [[nodiscard]] std::vector<Bar> timeline() const;

 private:
  struct Counts {
    std::map<Key, Tally> rows;
    std::uint64_t rest = 0;
  };

  void list(EventView& event);
  static void count(Counts& counts, Key key, const Tally& one);
  [[nodiscard]] static Table table(const char* name, std::vector<std::string> headings,
                                   const Counts& counts);

  std::uint64_t records_ = 0;
  std::uint64_t last_sequence_ = 0;
  Tally all_;
  Counts persons_;
  Counts modules_;
  Counts rules_;
  Counts outcomes_;
  Counts hosts_;
  std::map<std::int64_t, Tally> hours_;  ///< by hours since the epoch
  std::optional<SignOff> sign_off_;
  std::deque<ListedEvent> listed_;
};

}  // namespace modgate
