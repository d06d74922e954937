// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gate/wire/channel.h"
#include "modgate/caller.h"
#include "modgate/record.h"

namespace modgate {

/// Refusals of one uid that are not recorded one by one but counted.
struct CountedRefusal {
  Record record;                ///< the first of them, with count and first_ms
  Peer peer;                    ///< of the first
  std::string correlation_uid;  ///< of the first: under it the aggregate is recorded
  bool is_first = true;         ///< nothing else was recorded under that id
};

/// Keeps one uid's refusals from filling the log: each uid has a bucket of kBurst records that
/// fills by one a second. What finds it empty is counted into one aggregate, which is due once the
/// bucket has some room again, or before any other record of that uid.
class RefusalFlood {
 public:
  static constexpr std::int64_t kBurst = 30;
  /// Tokens at which an aggregate is due: so that a flood that goes on makes one record in as many
  /// seconds, and a few that are recorded one by one.
  static constexpr std::int64_t kDueTokens = 5;

  /// True where the refusal is to be recorded by itself. Else it is counted, and standing_in() of
  /// its uid names the record that stands for it.
  bool admit(const CountedRefusal& refusal, Deadline now);

  /// Correlation id of the uid's aggregate; empty where there is none.
  [[nodiscard]] std::string standing_in(uid_t uid) const;

  /// Takes out the aggregate of one uid; the aggregates that are due; all.
  std::optional<CountedRefusal> take(uid_t uid);
  std::vector<CountedRefusal> take_due(Deadline now);
  std::vector<CountedRefusal> take_all();

  /// An aggregate that could not be written comes back and goes on counting.
  void give_back(CountedRefusal aggregate);

  /// When take_due() will give something.
  [[nodiscard]] std::optional<Deadline> next_due() const;

 private:
  struct Bucket {
    std::int64_t tokens = kBurst;
    Deadline filled{};  ///< up to when `tokens` counts
    std::optional<CountedRefusal> aggregate;
  };
  static void fill(Bucket& bucket, Deadline now);
  void forget_full(Deadline now);

  std::map<uid_t, Bucket> buckets_;
};

}  // namespace modgate
