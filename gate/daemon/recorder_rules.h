// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// What one connection may record, whatever its session says: one refusal, or one word that there
/// is nothing to do, or one intent and after it one outcome; before that a bounded number of failed
/// tries to authenticate.
class ConnectionRules {
 public:
  /// Failed tries of one request: three for each of a few PAM services.
  static constexpr int kMaxTries = 9;

  /// As what the record is to be stored, or why it is not. A refusal after an intent is that
  /// intent's outcome: the kernel was not asked after all. An intent to load must name the digest
  /// of every module that is new.
  [[nodiscard]] Result<RecordKind> admit(const Record& record) const;

  /// A record that was admitted is on disk, as `kind`.
  void stored(RecordKind kind) noexcept;

  [[nodiscard]] bool has_open_intent() const noexcept { return phase_ == Phase::open; }

 private:
  enum class Phase : std::uint8_t { fresh, open, closed };
  Phase phase_ = Phase::fresh;
  int tries_ = 0;
};

/// What the receipt of a record vouches for: of an intent to load, the digests of its new modules
/// in the plan's order; of anything else, nothing.
std::vector<Digest> new_digests(const Record& record);

}  // namespace modgate
